/**
 * Which person a Slack user is: enrolled once, by that person signed in to the inbox, as a signed control record. Known by
 * enterprise, workspace and user id together, never by name or e-mail address, which their holder or an admin can change.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { SlackIdentity } from '../../client/channel-schemas.ts';
import type { ControlBody } from '../../core/contracts/control.ts';
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
      'one that nobody is; have it removed first ("countersign slack remove")',
    );
  }
  await appendOrder(gateway, { kind: 'slack-identity', ...user, keyId: caller.keyId, principal: caller.principal });
}

/** Of those that were not removed; `stands`: whether a click of theirs counts by now. */
export async function listSlackIdentities(gateway: Context): Promise<SlackIdentity[]> {
  const identities = [...(await readIdentities(gateway)).values()];
  const callers = await Promise.all(identities.map((user) => callerOfSlackUser(gateway, user)));
  return identities.map(({ enterpriseId, teamId, userId, principal, keyId }, index) => {
    return { enterpriseId, teamId, userId, principal, keyId, stands: callers[index] !== undefined };
  });
}

/** @throws {CountersignError} `not-found` where nobody is enrolled so */
export async function removeSlackIdentity(gateway: Context, user: SlackUser, by: string): Promise<void> {
  if (!(await identityOf(gateway, user))) {
    throw new CountersignError(
      'not-found',
      `Cannot remove Slack user "${user.userId}": nobody is enrolled so, expected enterprise, workspace and user of one that is; list them`,
    );
  }
  const { enterpriseId, teamId, userId } = user;
  await appendOrder(gateway, { kind: 'slack-identity-removal', enterpriseId, teamId, userId, by });
}

type Enrolled = Extract<ControlBody, { kind: 'slack-identity' }>;

async function identityOf(gateway: Context, user: SlackUser): Promise<Enrolled | undefined> {
  return (await readIdentities(gateway)).get(nameOf(user));
}

/** What was said last of each user counts. */
async function readIdentities({ store, keys, audience }: Context): Promise<Map<string, Enrolled>> {
  const reader = { store, registry: keys.registry, audience };
  const identities = new Map<string, Enrolled>();
  for (const record of await readControl(reader, ['slack-identity', 'slack-identity-removal'])) {
    if (record.kind === 'slack-identity') identities.set(nameOf(record), record);
    else identities.delete(nameOf(record));
  }
  return identities;
}

function nameOf({ enterpriseId, teamId, userId }: SlackUser): string {
  return JSON.stringify([enterpriseId, teamId, userId]);
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
