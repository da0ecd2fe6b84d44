/**
 * A URL before anybody connects: scheme, user information, port, host name, and addresses in any spelling. It looks nothing
 * up: where a name leads is checked when the connection is made (`tools/checked-fetch.ts`).
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { findingsAbout, invisible } from '../text/about-whole.ts';
import { decodeHost } from './decode-host.ts';
import { hasEmptyLabel, isListed, readAllowList } from './host-names.ts';
import { isPublicAddress } from './is-public-address.ts';

export interface UrlOptions {
  /** Hosts; `*.example.com` for what is below one. Absent: any public host. Empty: none. */
  readonly allow?: readonly string[];
  /** @default ['https:', 'http:'] */
  readonly schemes?: readonly string[];
  /** @default the schemes' own */
  readonly ports?: readonly number[];
}

/** Letters of other scripts that look Latin: Cyrillic, Greek, Armenian, Cherokee, full width and letter-like signs. */
const lookAlike = /[\u0370-\u058F\u13A0-\u13FF\u1D00-\u1D7F\uAB70-\uABBF\uFF00-\uFFEF\u2100-\u214F]/u;
const finding = findingsAbout('url', 'URL', 'use an http or https URL of an allowed host, without a user name');

/** Any finding of severity `high` or above is a reason not to connect. Each spans the whole URL: one sign makes another URL of it. */
export function checkUrl(text: string, options: UrlOptions = {}): Finding[] {
  const span = { start: 0, end: text.length };
  return findingsOf(text, options).map((finding) => ({ ...finding, span }));
}

function findingsOf(text: string, options: UrlOptions): Finding[] {
  const { schemes = ['https:', 'http:'] } = options;
  const trimmed = text.trim();
  if (trimmed === '') return [finding('no-url', 'critical', 'is empty')];
  // The parser takes these out in silence; a reader and a log see another URL.
  if (/[\\\p{Cc}]/u.test(trimmed))
    return [finding('hidden-characters', 'critical', 'holds backslashes or control characters')];
  const url = parse(trimmed);
  if (!url) return [finding('no-url', 'critical', 'is no URL')];
  const findings: Finding[] = [];
  if (!schemes.includes(url.protocol))
    findings.push(finding('scheme', 'critical', `has a scheme other than ${schemes.join(' ')}`));
  if (url.username !== '' || url.password !== '')
    findings.push(finding('user-information', 'critical', 'holds a user name before the host'));
  if (!portFits(url, options.ports)) findings.push(finding('port', 'high', 'names a port that is not allowed'));
  return [...findings, ...checkHost(url, trimmed, options.allow)];
}

function checkHost(url: URL, written: string, allow: readonly string[] | undefined): Finding[] {
  const { hostname } = url;
  const findings: Finding[] = [];
  if (hostname === '' || hasEmptyLabel(hostname)) return [finding('no-host', 'critical', 'names no host')];
  if (invisible.test(written) || [hostPart(written), decodeHost(hostname)].some(isMixed)) {
    findings.push(finding('look-alike-host', 'critical', 'has a host whose letters look like others'));
  }
  const isAddress = /^[\d.]+$|^\[/u.test(hostname);
  if (isAddress && !isPublicAddress(hostname))
    findings.push(finding('address-not-public', 'critical', 'leads to an address that is not public'));
  if (isAddress && hostPart(written).toLowerCase() !== hostname) {
    findings.push(finding('numeric-form', 'critical', 'writes an address in an unusual form'));
  }
  if (allow) {
    if (!isListed(hostname, readAllowList(allow)))
      findings.push(finding('host-not-listed', 'critical', 'has a host that is not on the list'));
  } else if (
    /(?:^|\.)(?:localhost|local|internal|intranet|lan|corp|home|arpa|onion|test|invalid|localdomain)\.?$/u.test(
      hostname,
    ) ||
    (!isAddress && !hostname.includes('.'))
  ) {
    findings.push(finding('host-not-public', 'critical', 'has a host that is not a public name'));
  } else if (
    /(?:^|\.)(?:nip|sslip|xip)\.io$|(?:^|\.)(?:localtest\.me|lvh\.me|vcap\.me|rbndr\.us)$|^metadata\./u.test(hostname)
  ) {
    findings.push(finding('host-not-public', 'critical', 'has a host that stands for another address'));
  }
  return findings;
}

function isMixed(host: string): boolean {
  return lookAlike.test(host) && /[a-z]/iu.test(host);
}

/** A host alone, with or without a port, counts as one of `https`. */
function parse(text: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:(?:\/\/|(?!\d+(?:$|[/?#])))/iu.test(text) ? text : `https://${text}`;
  try {
    return new URL(whole);
  } catch {
    return undefined;
  }
}

function portFits({ port, protocol }: URL, ports: readonly number[] | undefined): boolean {
  if (port === '') return true;
  if (ports) return ports.includes(Number(port));
  return (protocol === 'https:' && port === '443') || (protocol === 'http:' && port === '80');
}

/** As it was written, before the parser made one spelling of it. */
function hostPart(text: string): string {
  const authority = /^(?:[a-z][a-z0-9+.-]*:)?\/{0,2}([^/?#]*)/iu.exec(text)?.[1] ?? '';
  return authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/u, '');
}
