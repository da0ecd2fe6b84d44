/**
 * Whether a host that a command names is one of the own network: this machine, a private address, or a name that no stranger
 * can own. Only such a place is read from without asking: what is asked of another one can carry data out in the question.
 * Nothing is looked up; what is not known to be own is not.
 */
import ipaddr from 'ipaddr.js';
import { hole, outside } from './words.ts';

/** Reserved for private use, or never given to anyone (RFC 6761, 6762 appendix G, 8375; https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en). */
const ownSuffix = /\.(?:internal|local|localhost|svc|lan|corp|home|intranet|private|home\.arpa)$/u;
/** They hand out the machine's credentials. */
const handsOutCredentials = /^(?:metadata|instance-data)(?:\.|$)/u;
const ownRanges: ReadonlySet<string> = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** @param text `host`, `user@host`, `host:port`, `[address]:port`, a list of such, or the folder of a socket. */
export function isOwnHost(text: string): boolean {
  if (text.includes(hole) || text.includes(outside)) return false;
  if (text.includes('://')) return !leadsAway(text);
  return text.split(',').every(isOne);
}

function isOne(text: string): boolean {
  if (text.startsWith('/')) return true;
  const host = withoutPort(text.slice(text.lastIndexOf('@') + 1).toLowerCase()).replace(/\.$/u, '');
  if (ipaddr.IPv4.isValidFourPartDecimal(host) || (host.includes(':') && ipaddr.IPv6.isValid(host)))
    return ownRanges.has(ipaddr.process(host).range());
  // A name of one label is looked for in the own network. Numbers would be an address in another spelling.
  const isName = /^[a-z](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*$/u.test(host);
  return isName && !handsOutCredentials.test(host) && (!host.includes('.') || ownSuffix.test(host));
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/u.exec(text);
  if (bracketed) return bracketed[1] ?? '';
  return text.split(':').length > 2 ? text : text.replace(/:\d+$/u, '');
}

/** `/net/HOST` and `/afs/CELL`: an automounter looks the name up as soon as anything below it is touched. */
export function isMountedByName(path: string): boolean {
  const host = /^\/+(?:net|afs)\/+([^/]+)/u.exec(path)?.[1];
  return host !== undefined && !isOwnHost(host);
}

/** `host/database` or `host:port`, as mongosh takes it; a bare word is a database of this machine. */
export function isOwnAddress(text: string): boolean {
  return !leadsAway(text) && (!/[./:]/u.test(text) || isOwnHost(text.split('/')[0] ?? '') || text.includes('://'));
}

/** Of a word that is a URL, `user@host:path` or a list of settings with a host in it, whether it leads away from here. */
export function leadsAway(text: string): boolean {
  const url = /^(?:[a-z]+::)?([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/iu.exec(text);
  // A scheme with a `+` names what carries it: a program may be one (libvirt's `qemu+ext`).
  if (url && !/^file$/iu.test(url[1] ?? '') && ((url[1] ?? '').includes('+') || !isOwnHost(url[2] || 'localhost')))
    return true;
  // `user@host:path`, and schemes without slashes: an engine or a device that OpenSSL loads.
  if (/^[^\s/=]+@[^\s/=]+:/u.test(text) || /^(?:org\.openssl\.engine|engine|pkcs11|store|ext):/iu.test(text))
    return true;
  const settings = [
    ...text.matchAll(
      /(?:^|[\s;&?])(host|hostaddr|server|service|servicefile|passfile|sslkey|sslcert|endpoint|url)\s*=\s*'?([^\s'&;]*)/giu,
    ),
  ];
  return settings.some(
    ([, key = '', value = '']) => !/^(?:host|hostaddr|server|endpoint)$/iu.test(key) || !isOwnHost(value),
  );
}
