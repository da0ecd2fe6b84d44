/**
 * Sign-in for the web inbox: a link that its asker opens once, and the session that it opens. Both are signed control
 * records and live no longer than the API key behind them; a row that somebody wrote into the database opens nothing.
 */
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { CountersignError } from '../core/errors.ts';
import { readControl } from '../store/read-control.ts';
import { appendOrder } from './control-records.ts';
import { type Credential, hashSecret, standingKeys } from './credentials.ts';
import type { GatewayContext } from './options.ts';

/** Who calls; `via` where something else stands for the key. */
export type Caller = Credential & { via?: string };

type Context = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

const linkLifeMs = 5 * 60_000;
const sessionLifeMs = 12 * 3_600_000;
export const sessionCookie = 'countersign_session';
const tokenForm = /^([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
/** Whatever the key may do: a page that is taken over can read and answer requests, and nothing else. */
const scopesOfSession: ReadonlySet<string> = new Set(['approvals:read', 'approvals:vote']);

/** @throws {CountersignError} `forbidden` for a service account, or a session that wants another one */
export async function makeSignInLink(gateway: Context, caller: Caller): Promise<{ token: string; expiresAt: number }> {
  if (!caller.person || caller.via !== undefined) {
    const is = caller.person ? 'it was asked for by a session' : 'its key is a service account’s';
    throw new CountersignError(
      'forbidden',
      `Cannot make a sign-in link: ${is}, expected the key of a person; use "countersign inbox"`,
    );
  }
  const { id, secret, secretHash } = newSecret();
  const expiresAt = Math.min(caller.expiresAt, gateway.clock.now() + linkLifeMs);
  await appendOrder(gateway, { kind: 'sign-in-link', linkId: id, secretHash, keyId: caller.keyId, expiresAt });
  return { token: `${id}_${secret}`, expiresAt };
}

export type OpenedSession =
  | { kind: 'opened'; token: string; principal: string; expiresAt: number }
  /** Nothing was opened, and the link was not used up. */
  | { kind: 'other'; principal: string; signedInAs: string };

/**
 * @param standing what the browser sent of a session that it has; another person's is replaced where `instead` names them. Any page
 * can lead a browser to the inbox with a link of its own, and its victim would answer in that one's name
 * @throws {CountersignError} `unauthenticated` for a link that was used, has ended, or never was
 */
export async function openSession(
  gateway: Context,
  linkToken: string,
  standing: { token: string | undefined; instead: string | undefined },
): Promise<OpenedSession> {
  const [, linkId = '', linkSecret = ''] = tokenForm.exec(linkToken) ?? [];
  const now = gateway.clock.now();
  const records = await readControl(reader(gateway), ['sign-in-link', 'web-session']);
  const link = records.find((one) => one.kind === 'sign-in-link' && one.linkId === linkId);
  const isUsed = records.some((one) => one.kind === 'web-session' && one.linkId === linkId);
  const stands = link !== undefined && isSecretOf(linkSecret, link.secretHash) && link.expiresAt > now && !isUsed;
  const key = stands ? await standingKey(gateway, link.keyId) : undefined;
  if (!link || !key) throw usedLink();
  const { principal } = key;
  const signedIn = standing.token === undefined ? undefined : await checkSession(gateway, standing.token);
  if (signedIn && ![principal, standing.instead].includes(signedIn.principal)) {
    return { kind: 'other', principal, signedInAs: signedIn.principal };
  }
  const { id, secret, secretHash } = newSecret();
  const expiresAt = Math.min(key.expiresAt, now + sessionLifeMs);
  const order = { kind: 'web-session', sessionId: id, secretHash, linkId, keyId: key.keyId, expiresAt } as const;
  const { body } = await appendOrder(gateway, order);
  // Of two at the same time, one wins: the other never was.
  const sessions = await readControl(reader(gateway), ['web-session']);
  if (sessions.find((one) => one.linkId === linkId)?.sequence !== body.sequence) throw usedLink();
  return { kind: 'opened', token: `${id}_${secret}`, principal, expiresAt };
}

/** Undefined where the session never was, has ended, or its key does not stand any more. */
export async function checkSession(gateway: Context, token: string): Promise<Caller | undefined> {
  const [, sessionId, secret] = tokenForm.exec(token) ?? [];
  if (sessionId === undefined || secret === undefined) return undefined;
  const records = await readControl(reader(gateway), ['web-session', 'web-session-end']);
  const sessions = records.filter((one) => one.kind === 'web-session');
  const session = sessions.find((one) => one.sessionId === sessionId);
  const isFirst = session && sessions.find((one) => one.linkId === session.linkId) === session;
  const hasEnded = records.some((one) => one.kind === 'web-session-end' && one.sessionId === sessionId);
  if (!session || !isFirst || hasEnded || session.expiresAt <= gateway.clock.now()) return undefined;
  if (!isSecretOf(secret, session.secretHash)) return undefined;
  const key = await standingKey(gateway, session.keyId);
  if (!key) return undefined;
  const scopes = key.scopes.filter((scope) => scopesOfSession.has(scope));
  return { ...key, scopes, expiresAt: session.expiresAt, via: `session:${sessionId}` };
}

export async function endSession(gateway: Context, caller: Caller): Promise<void> {
  const [, sessionId] = /^session:([a-z0-9]{12})$/.exec(caller.via ?? '') ?? [];
  if (sessionId === undefined) return;
  await appendOrder(gateway, { kind: 'web-session-end', sessionId, by: caller.principal });
}

/** False for whoever came by a key. */
export async function hasSignedOut(gateway: Context, { via }: Caller): Promise<boolean> {
  if (via === undefined) return false;
  const ends = await readControl(reader(gateway), ['web-session-end']);
  return ends.some((one) => one.kind === 'web-session-end' && via === `session:${one.sessionId}`);
}

export function sessionTokenOf({ headers }: FastifyRequest): string | undefined {
  return /(?:^|;\s*)countersign_session=([A-Za-z0-9_-]{1,100})(?:;|$)/.exec(headers.cookie ?? '')?.[1];
}

async function standingKey(gateway: Context, keyId: string): Promise<Credential | undefined> {
  const key = (await standingKeys(gateway)).get(keyId);
  return key && key.person && key.expiresAt > gateway.clock.now() ? key : undefined;
}

function newSecret(): { id: string; secret: string; secretHash: string } {
  const id = Array.from({ length: 12 }, () => randomInt(36).toString(36)).join('');
  const secret = randomBytes(32).toString('base64url');
  return { id, secret, secretHash: hashSecret(secret) };
}

function isSecretOf(secret: string, secretHash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(secretHash, 'hex'));
}

function usedLink(): CountersignError {
  return new CountersignError(
    'unauthenticated',
    'Cannot sign in: this link was used, has ended, or never was, expected a fresh one; make one with "countersign inbox"',
  );
}

function reader({ store, keys, audience }: Context) {
  return { store, registry: keys.registry, audience };
}
