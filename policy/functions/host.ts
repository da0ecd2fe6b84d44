/**
 * `host(value)` and `host(value, '*.example.com')`: the host of a URL, a `host:port` or a host, as a connection would take
 * it, and whether it is a listed one. A domain matches at its dots only: `evilexample.com` is not in `*.example.com`.
 */
import type { CompiledPattern } from '../text-patterns.ts';

const longestHost = 2048;

/** @throws {RangeError} for what names no host, or more than a host. */
export function hostOf(value: string): string {
  if (value.length > longestHost || value !== value.trim()) throw new RangeError('not a host or a URL');
  // What other readers take for the end of the host or drop from it.
  if (/[\s\\\p{Cc}]/u.test(value)) throw new RangeError('not a host or a URL');
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//iu.test(value);
  const url = URL.parse(isUrl ? value : `http://${value}`);
  if (!url || url.hostname === '') throw new RangeError('not a host or a URL');
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && !value.includes('/');
  if (!isUrl && (!bare || value.includes('@'))) throw new RangeError('not a host or a URL');
  // Of schemes that the URL standard does not know the host is left as written: read as one that it does know.
  const host = URL.parse(`http://${url.hostname}`)?.hostname;
  if (host === undefined || host === '') throw new RangeError('not a host or a URL');
  const named = withoutDot(host.toLowerCase());
  if (named.split('.').includes('')) throw new RangeError('not a host: one of its labels is empty');
  return named;
}

export function compileHost(pattern: string): CompiledPattern {
  const wildcard = pattern.startsWith('*.');
  const named = wildcard ? pattern.slice(2) : pattern;
  if (named.includes('*') || named.includes('/') || named.includes('@')) {
    return { kind: 'invalid', reason: 'a host, or "*." and a domain' };
  }
  try {
    const host = hostOf(named);
    if (host !== withoutDot(named.toLowerCase())) return { kind: 'invalid', reason: `write it as ${host}` };
    const suffix = `.${host}`;
    return {
      kind: 'pattern',
      test: (text) => {
        const given = hostOf(text);
        return wildcard ? given.endsWith(suffix) : given === host;
      },
    };
  } catch {
    return { kind: 'invalid', reason: 'not a host' };
  }
}

/** `example.com.` and `example.com` are one host. */
function withoutDot(host: string): string {
  return host.endsWith('.') && host.length > 1 ? host.slice(0, -1) : host;
}
