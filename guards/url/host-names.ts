/**
 * Host names against an allow-list: whole labels only, so that `evilexample.com` is not below `example.com`, and one spelling
 * for each name (small letters, punycode, no dot at the end).
 */

/** A list entry or a host as it is compared; undefined for what is no name. */
export function plainHost(text: string): string | undefined {
  const host = text.trim().toLowerCase().replace(/\.$/u, '');
  if (host === '' || hasEmptyLabel(host) || /[\s/\\@?#%]/u.test(host)) return undefined;
  try {
    const parsed = new URL(
      `http://${host.includes(':') && !host.startsWith('[') && host.split(':').length > 2 ? `[${host}]` : host}/`,
    );
    return parsed.username || parsed.pathname !== '/' ? undefined : parsed.hostname.replace(/\.$/u, '');
  } catch {
    return undefined;
  }
}

/** `.example.com`, `example..com`: no name, although the parser takes it. */
export function hasEmptyLabel(host: string): boolean {
  return host.startsWith('.') || host.includes('..');
}

/** Each entry once, in its plain spelling; what is no name is left out. `*.example.com` allows what is below it. */
export function readAllowList(entries: readonly string[]): string[] {
  const plain = entries.flatMap((entry) => {
    const below = entry.trim().startsWith('*.');
    const host = plainHost(below ? entry.trim().slice(2) : entry);
    return host === undefined ? [] : [below ? `*.${host}` : host];
  });
  return [...new Set(plain)];
}

/** Whether an entry of a list can ever match: one that is no name would be left out without a word. */
export function isHostName(entry: string): boolean {
  return readAllowList([entry]).length > 0;
}

/** `example.com` allows itself and what is below it, `*.example.com` only what is below it. */
export function isListed(host: string, allowList: readonly string[]): boolean {
  const plain = plainHost(host);
  if (plain === undefined) return false;
  const isAddress = /^[\d.]+$|^\[/u.test(plain);
  return allowList.some((entry) => {
    if (isAddress) return plain === entry;
    return entry.startsWith('*.') ? plain.endsWith(entry.slice(1)) : plain === entry || plain.endsWith(`.${entry}`);
  });
}
