/**
 * Connections for tools whose URL somebody else chose. The address is checked where the connection is made, on the very
 * address that is dialled: a name that resolves to something else a moment later (DNS rebinding) gains nothing. Only public
 * unicast addresses are dialled, and only hosts of the allow-list where there is one.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { Agent, RequestInit, Response } from 'undici';
import { requireNode24 } from '../core/needed-node.ts';
import { checkUrl, isPublicAddress, type UrlOptions } from '../guards/index.ts';
import { ToolFailure } from './tool-failure.ts';

export type ResolveAll = (host: string) => Promise<LookupAddress[]>;

export interface CheckedFetchOptions extends UrlOptions {
  /** @default the system's resolver */
  readonly resolve?: ResolveAll;
  /** Redirects followed, each checked as a new URL; 0: none, and an answer that redirects is given back as it is. @default 5 */
  readonly maximumRedirects?: number;
  /** Bytes of the answer's body. @default 4 MiB */
  readonly maximumBytes?: number;
  /** Decides about an address. Only tests, whose servers are on loopback, give another one. @default isPublicAddress */
  readonly isAllowedAddress?: (address: string) => boolean;
}

export interface CheckedResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** All others are for the first host only: a credential may stand in a header of any name. */
const headersForAnyHost: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent']);
const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * @throws {ToolFailure} where an URL, a redirect or an address is refused, before anything is sent there.
 * @throws {CountersignError} `config-invalid` below Node.js 24
 */
export async function checkedFetch(
  url: string,
  init: Pick<RequestInit, 'method' | 'body' | 'signal'> & { headers?: Readonly<Record<string, string>> } = {},
  options: CheckedFetchOptions = {},
): Promise<CheckedResponse> {
  const { maximumRedirects = 5, maximumBytes = 4 * 1024 * 1024 } = options;
  requireNode24(process.versions.node, 'fetch a URL');
  // Loaded where it is used: it does not load on Node.js 20, where the rest of the library does.
  const undici = await import('undici');
  const dispatcher = new undici.Agent(agentOptions(options));
  try {
    let next = url;
    let { method = 'GET', body = null, headers = {} } = init;
    for (let hop = 0; hop <= maximumRedirects; hop++) {
      mustBeAllowed(next, options);
      const request = { method, body, headers: { ...headers }, signal: init.signal ?? null };
      const response = await undici.fetch(next, { ...request, dispatcher, redirect: 'manual' });
      const location = response.headers.get('location');
      const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
      if (!isRedirect || maximumRedirects === 0) return await read(response, next, maximumBytes);
      await response.body?.cancel();
      const target = new URL(location, next).href;
      const isOther = new URL(target).origin !== new URL(next).origin;
      if (isOther) headers = forAnyHost(headers);
      if (response.status !== 307 && response.status !== 308 && method !== 'HEAD')
        ({ method, body } = { method: 'GET', body: null });
      // What was meant, and perhaps approved, for one host must not be done to another.
      if (isOther && !readMethods.has(method.toUpperCase())) throw refused('it redirects what is sent to another host');
      next = target;
    }
    throw refused('it redirects too often');
  } catch (error) {
    throw asFailure(error);
  } finally {
    await dispatcher.destroy();
  }
}

function agentOptions({
  resolve = resolveAll,
  isAllowedAddress = isPublicAddress,
}: CheckedFetchOptions): Agent.Options {
  const addressesOf = callbackify(async (host: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(host);
    // One bad address is enough: which of them would be dialled is not ours to choose.
    if (addresses.length === 0 || !addresses.every(({ address }) => isAllowedAddress(address))) throw notAllowed();
    return addresses;
  });
  const lookup: LookupFunction = (host, { all }, callback) => {
    addressesOf(host, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) callback(error ?? notAllowed(), '', 0);
      else if (all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  // Never kept for another request, which may be to a host of the same name and another address.
  return {
    connect: { lookup, timeout: 10_000 },
    pipelining: 0,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  };
}

function mustBeAllowed(url: string, options: CheckedFetchOptions): void {
  const isAllowedAddress = options.isAllowedAddress ?? isPublicAddress;
  const host = new URL(url).hostname.replace(/^\[|\]$/gu, '');
  const isAddress = /^[\d.]+$/u.test(host) || host.includes(':');
  // An address in the URL is dialled without a lookup.
  if (isAddress && !isAllowedAddress(host)) throw refused('it leads to an address that is not public');
  const [finding] = checkUrl(url, options).filter(({ rule, severity }) => {
    return (
      (severity === 'critical' || severity === 'high') && !(options.isAllowedAddress && rule === 'address-not-public')
    );
  });
  if (finding) throw refused(finding.message);
}

async function read(response: Response, url: string, maximumBytes: number): Promise<CheckedResponse> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    const bytes = piece as Uint8Array;
    length += bytes.length;
    if (length > maximumBytes) throw refused(`its answer has more than ${maximumBytes} bytes`);
    pieces.push(bytes);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  return { status: response.status, url, headers: Object.fromEntries(response.headers), text };
}

async function resolveAll(host: string): Promise<LookupAddress[]> {
  return await new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

function forAnyHost(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => headersForAnyHost.has(name.toLowerCase())));
}

function notAllowed(): NodeJS.ErrnoException {
  return Object.assign(new Error('it leads to an address that is not public'), { code: 'ECHECKED' });
}

function asFailure(error: unknown): unknown {
  if (error instanceof ToolFailure) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const isRefusal = cause instanceof Error && 'code' in cause && cause.code === 'ECHECKED';
  return isRefusal ? refused(cause.message) : error;
}

function refused(is: string): ToolFailure {
  return new ToolFailure(`Cannot fetch the URL: ${is}, expected a public address of an allowed host; give another URL`);
}
