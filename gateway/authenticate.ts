/**
 * Who calls, and whether the key may: checked before a body is read. Every route says what it needs, and a route that
 * says nothing does not register, so there is no way in without a key but the two health routes.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../client/gateway-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';
import { checkAgainst, checkKey, type Credential, standingKeys } from './credentials.ts';
import { type Caller, checkSession, sessionTokenOf } from './sessions.ts';
import { createFailedAttempts, type FailedAttempts } from './failed-attempts.ts';
import type { GatewayContext } from './options.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope a key needs. `proven`: none, the route itself proves who sent what came. */
    access?: Scope | 'public' | 'proven';
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

const minuteMs = 60_000;
/** So that junk costs the store one read a second, however much of it comes, ms. */
const sameKeysMs = 1000;

/** `@fastify/rate-limit` is registered before. */
export function installAuthentication(app: GatewayApp, gateway: GatewayContext): void {
  const { perAddress, perKey } = gateway.rateLimits;
  const byAddress = app.createRateLimit({ max: perAddress, timeWindow: minuteMs });
  // Each scope by itself: watchers that read use up nothing of what answering, cancelling and freezing need, since an
  // answer that is refused here lets silence deny.
  const keyGenerator = (request: FastifyRequest): string =>
    `key:${request.caller?.keyId ?? ''}:${request.routeOptions.config.access ?? ''}`;
  const byKey = app.createRateLimit({ max: perKey, timeWindow: minuteMs, keyGenerator });
  const failed = createFailedAttempts();
  const isFamiliar = familiarKeys(gateway);
  app.decorateRequest('caller', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new TypeError(`route ${route.url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { access } = request.routeOptions.config;
    // Undefined: there is no such route, and the answer says so.
    const isOpen = access === undefined || access === 'public' || access === 'proven';
    // Whoever holds a key is not refused for the junk that others send from the same address.
    const isKnown = !isOpen && (await isFamiliar(apiKeyOf(request)));
    if (!isKnown) refuseExcess(reply, await byAddress(request), 'this address');
    if (isOpen) return;
    // Whoever has a key that stands is never locked out by what others try from the same address.
    if (!isKnown && apiKeyOf(request) !== '') refuseLockedOut(reply, failed.lockedOutFor(request.ip));
    const caller = await authenticated(gateway, request, failed);
    request.caller = caller;
    refuseExcess(reply, await byKey(request), 'this key');
    if (caller.scopes.includes(access)) return;
    throw new CountersignError(
      'forbidden',
      `Cannot answer this request: its key lacks the scope "${access}", expected a key that has it; ask who minted it`,
    );
  });
}

/** The caller of a route that needs a scope. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller) return request.caller;
  throw unauthenticated();
}

async function authenticated(
  gateway: GatewayContext,
  request: FastifyRequest,
  failed: FailedAttempts,
): Promise<Caller> {
  const token = request.headers.authorization === undefined ? sessionTokenOf(request) : undefined;
  if (token !== undefined) return await bySession(gateway, request, token);
  const check = await checkKey(gateway, apiKeyOf(request));
  if (check.kind === 'valid') return check.credential;
  const { reason, keyId } = check;
  request.refusedKeyId = keyId;
  // Without any key nobody guesses.
  if (apiKeyOf(request) !== '') failed.note(request.ip);
  request.log.warn({ event: 'authentication-failed', reason, keyId, address: request.ip }, 'authentication failed');
  throw unauthenticated();
}

/** The page's own requests. Another page's are refused although the browser may send the cookie with them. */
async function bySession(gateway: GatewayContext, request: FastifyRequest, token: string): Promise<Caller> {
  const isOwn = isOwnPage(request);
  const caller = isOwn ? await checkSession(gateway, token) : undefined;
  if (caller) return caller;
  const reason = isOwn ? 'session' : 'page';
  request.log.warn({ event: 'authentication-failed', reason, address: request.ip }, 'authentication failed');
  if (!isOwn) {
    throw new CountersignError(
      'unauthenticated',
      'Cannot answer this request: it came with a sign-in, and its Origin is missing or is another page, expected the Origin of this gateway; a program uses an API key',
    );
  }
  throw new CountersignError(
    'unauthenticated',
    'Cannot answer this request: its sign-in has ended or is not valid, expected a session that stands; run "countersign inbox" and open the link that it prints',
  );
}

/** A browser says where a request comes from; what changes something must say it. */
function isOwnPage({ method, headers, host, protocol }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && !(site === 'none' && method === 'GET')) return false;
  if (headers.origin === undefined) return method === 'GET';
  // Behind a proxy that ends TLS the protocol is the proxy's; the name is what tells pages apart.
  return [`${protocol}://${host}`, `https://${host}`].includes(headers.origin);
}

function apiKeyOf({ headers }: FastifyRequest): string {
  return /^Bearer ([^\s]{1,200})$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

/**
 * Whether a key stood within the last second: it only says whose budget a request counts for, access is checked anew. A
 * key that is younger counts for its address until then, and one revoked since is refused all the same.
 */
function familiarKeys(gateway: GatewayContext): (apiKey: string) => Promise<boolean> {
  let last: { at: number; keys: Promise<Map<string, Credential>> } | undefined;
  return async (apiKey) => {
    const now = performance.now();
    if (!last || now - last.at > sameKeysMs) {
      last = { at: now, keys: standingKeys(gateway).catch(() => new Map<string, Credential>()) };
    }
    return checkAgainst(await last.keys, gateway.clock.now(), apiKey).kind === 'valid';
  };
}

/** The same words whatever was wrong: which key ids exist is nobody's business. */
function unauthenticated(): CountersignError {
  return new CountersignError(
    'unauthenticated',
    'Cannot answer this request: its API key is missing or not valid, expected "Authorization: Bearer <key>"; use a key that stands',
  );
}

function refuseLockedOut(reply: FastifyReply, seconds: number | undefined): void {
  if (seconds === undefined) return;
  void reply.header('retry-after', seconds);
  throw new CountersignError(
    'rate-limited',
    'Cannot answer this request: too many keys from this address were not valid, expected one that stands; come back after the time in retry-after',
  );
}

type Counted = { isAllowed: true } | { isAllowed: false; isExceeded: boolean; ttlInSeconds: number };

/** @throws {CountersignError} `rate-limited` @param who for the words */
export function refuseExcess(reply: FastifyReply, counted: Counted, who: string): void {
  if (counted.isAllowed || !counted.isExceeded) return;
  void reply.header('retry-after', Math.max(1, counted.ttlInSeconds));
  throw new CountersignError(
    'rate-limited',
    `Cannot answer this request: ${who} sent too many within a minute, expected fewer; come back after the time in retry-after`,
  );
}
