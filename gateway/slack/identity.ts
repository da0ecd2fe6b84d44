/**
 * Which person a Slack user is: enrolled once, by that person signed in to the inbox, as a signed control record. Known by
 * enterprise, workspace and user id together, never by name or e-mail address, which their holder or an admin can change.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { jsonOrUndefined } from '../../core/json-or-undefined.ts';
import { readControl } from '../../store/read-control.ts';
import { appendOrder } from '../control-records.ts';
import { standingKeys } from '../credentials.ts';
import type { GatewayContext } from '../options.ts';
import type { Caller } from '../sessions.ts';

const slackId = z.string().regex(/^[A-Z0-9]{1,40}$/);
export const slackUserSchema = z.strictObject({ enterpriseId: slackId.nullable(), teamId: slackId, userId: slackId });
export type SlackUser = z.infer<typeof slackUserSchema>;

type Context = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

const codeSchema = z.strictObject({ ...slackUserSchema.shape, expiresAt: z.int() });
const codeLifeMs = 10 * 60_000;

/** Who answers when this Slack user clicks; undefined where nobody is enrolled, or their key does not stand any more. */
export async function callerOfSlackUser(gateway: Context, user: SlackUser): Promise<Caller | undefined> {
  const identity = await identityOf(gateway, user);
  const key = identity ? (await standingKeys(gateway)).get(identity.keyId) : undefined;
  if (!key?.person || key.principal !== identity?.principal || key.expiresAt <= gateway.clock.now()) return undefined;
  const scopes = key.scopes.filter((scope) => scope === 'approvals:read' || scope === 'approvals:vote');
  return { ...key, scopes, via: `slack:${user.enterpriseId ?? '-'}:${user.teamId}:${user.userId}` };
}

/** Says which Slack user asks to be enrolled, and is Slack's word for it: only whoever holds the signing secret makes one. */
export function enrolmentCode(signingSecret: string, user: SlackUser, now: number): string {
  const body = Buffer.from(JSON.stringify({ ...user, expiresAt: now + codeLifeMs })).toString('base64url');
  return `${body}.${macOf(signingSecret, body).toString('base64url')}`;
}

/** @throws {CountersignError} `unauthenticated` for a code that has ended or never was */
export function readEnrolmentCode(signingSecret: string, code: string, now: number): SlackUser {
  const [body = '', mac = ''] = code.split('.', 2);
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(signingSecret, body);
  const fits = given.length === expected.length && timingSafeEqual(given, expected);
  const parsed = fits
    ? codeSchema.safeParse(jsonOrUndefined(Buffer.from(body, 'base64url').toString('utf8')))
    : undefined;
  if (!parsed?.success || parsed.data.expiresAt <= now) {
    throw new CountersignError(
      'unauthenticated',
      'Cannot enrol: this link has ended or is none of ours, expected a fresh one; click a button in Slack again',
    );
  }
  const { expiresAt: _, ...user } = parsed.data;
  return user;
}

/**
 * @throws {CountersignError} `forbidden` for a service account, or without a session of the person; `conflict` where the Slack
 * user is somebody else's
 */
export async function enrolSlackUser(gateway: Context, caller: Caller, user: SlackUser): Promise<void> {
  if (!caller.person) throw cannotEnrol('forbidden', user, 'the key is a service account’s', 'a person');
  const known = await identityOf(gateway, user);
  // Else somebody who got hold of the link would make another's clicks their own.
  if (known && known.principal !== caller.principal) {
    throw cannotEnrol(
      'conflict',
      user,
      'it is enrolled as another person',
      'one that nobody is; have it removed first',
    );
  }
  await appendOrder(gateway, { kind: 'slack-identity', ...user, keyId: caller.keyId, principal: caller.principal });
}

async function identityOf({ store, keys, audience }: Context, user: SlackUser) {
  const reader = { store, registry: keys.registry, audience };
  const records = await readControl(reader, ['slack-identity', 'slack-identity-removal']);
  const last = records.findLast(
    (one) => one.userId === user.userId && one.teamId === user.teamId && one.enterpriseId === user.enterpriseId,
  );
  return last?.kind === 'slack-identity' ? last : undefined;
}

function macOf(signingSecret: string, body: string): Buffer {
  return createHmac('sha256', signingSecret).update(`countersign/v1/slack-enrolment\n${body}`).digest();
}

function cannotEnrol(
  code: 'forbidden' | 'conflict',
  { userId }: SlackUser,
  is: string,
  expected: string,
): CountersignError {
  return new CountersignError(code, `Cannot enrol Slack user "${userId}": ${is}, expected ${expected}`);
}
