/**
 * Who calls, and whether the key may: checked before a body is read. Every route says what it needs, and a route that
 * says nothing does not register, so there is no way in without a key but the two health routes.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../client/gateway-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';
import { checkKey, type Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope a key needs. */
    access?: Scope | 'public';
  }
  interface FastifyRequest {
    caller: Credential | null;
  }
}

const minuteMs = 60_000;

/** `@fastify/rate-limit` is registered before. */
export function installAuthentication(app: GatewayApp, gateway: GatewayContext): void {
  const { perAddress, perKey } = gateway.rateLimits;
  const byAddress = app.createRateLimit({ max: perAddress, timeWindow: minuteMs });
  const keyGenerator = (request: FastifyRequest): string => `key:${request.caller?.keyId ?? ''}`;
  const byKey = app.createRateLimit({ max: perKey, timeWindow: minuteMs, keyGenerator });
  app.decorateRequest('caller', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new TypeError(`route ${route.url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request, reply) => {
    refuseExcess(reply, await byAddress(request), 'this address');
    const { access } = request.routeOptions.config;
    // Undefined: there is no such route, and the answer says so.
    if (access === undefined || access === 'public') return;
    const caller = await authenticated(gateway, request);
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
export function callerOf(request: FastifyRequest): Credential {
  if (request.caller) return request.caller;
  throw unauthenticated();
}

async function authenticated(gateway: GatewayContext, request: FastifyRequest): Promise<Credential> {
  const apiKey = /^Bearer ([^\s]{1,200})$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const check = await checkKey(gateway, apiKey);
  if (check.kind === 'valid') return check.credential;
  const { reason, keyId } = check;
  request.log.warn({ event: 'authentication-failed', reason, keyId, address: request.ip }, 'authentication failed');
  throw unauthenticated();
}

/** The same words whatever was wrong: which key ids exist is nobody's business. */
function unauthenticated(): CountersignError {
  return new CountersignError(
    'unauthenticated',
    'Cannot answer this request: its API key is missing or not valid, expected "Authorization: Bearer <key>"; use a key that stands',
  );
}

type Counted = { isAllowed: true } | { isAllowed: false; isExceeded: boolean; ttlInSeconds: number };

function refuseExcess(reply: FastifyReply, counted: Counted, who: string): void {
  if (counted.isAllowed || !counted.isExceeded) return;
  void reply.header('retry-after', Math.max(1, counted.ttlInSeconds));
  throw new CountersignError(
    'rate-limited',
    `Cannot answer this request: ${who} sent too many within a minute, expected fewer; come back after the time in retry-after`,
  );
}
