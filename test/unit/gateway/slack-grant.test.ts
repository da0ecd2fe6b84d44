/** Granting from Slack, by what Slack's servers would send: what the forms show is what is recorded, and nothing wider gets through. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { Grant } from '../../../core/contracts/grant.ts';
import { digestText } from '../../../core/digest.ts';
import { grantDigestOf } from '../../../core/grant/decide-grant.ts';
import { enrolmentCode } from '../../../gateway/slack/identity.ts';
import { grantBlocks } from '../../../gateway/slack/grant-form.ts';
import { actionIds, confirmBlock, grantCallback, inputAction } from '../../../gateway/slack/messages.ts';
import { readGrants } from '../../../store/read-grants.ts';
import type { AskRow } from '../../../store/store.ts';
import type { SlackServer } from '../../support/slack-server.ts';
import { type AskChanges, audience, type World } from './gateway-world.ts';
import { deliverAsSlack, signingSecret, slackTeam, startSlackWorld, stopSlackWorld } from './slack-world.ts';

const hour = 3_600_000;
const text = canonicalJson({ service: 'web-1', force: false });
const cap = { ttlMs: hour, uses: 5, risk: 'high' as const, scope: 'run' as const };
const bob = { id: 'U0BOB', team_id: slackTeam };
const carol = { id: 'U0CAROL', team_id: slackTeam };
let slack: SlackServer;
let world: World;
let ask: AskRow;

beforeEach(async () => {
  ({ slack, world } = await startSlackWorld());
  for (const [user, principal] of [
    [bob, 'bob'],
    [carol, 'carol'],
  ] as const) {
    const known = { enterpriseId: null, teamId: user.team_id, userId: user.id };
    const body = { code: enrolmentCode(signingSecret, known, world.clock.at), userId: user.id };
    await world.call('POST', '/v1/slack/enrolments', { key: await world.key(principal), body });
  }
  ask = await askFor(1);
});
afterEach(() => stopSlackWorld({ slack, world }));

async function askFor(number: number, terms: AskChanges['terms'] = {}, more: AskChanges = {}): Promise<AskRow> {
  const argumentsDigest = digestText('arguments', text);
  const rules = [{ id: 'effects', effect: 'ask' as const, reason: 'a person must see it' }];
  return await world.ask(number, {
    terms: { quorum: 2, grants: cap, ...terms },
    card: { arguments: text, argumentsDigest, ...more.card },
    body: { rules, labels: ['operator'], argumentsDigest, ...more.body },
    ...(more.ask ? { ask: more.ask } : {}),
  });
}

interface View {
  type: string;
  callback_id: string;
  private_metadata: string;
  blocks: { block_id?: string; element?: { initial_value?: string } }[];
}

const deliver = async (payload: object, user = bob) =>
  (await deliverAsSlack(world, { ...payload, user, team: { id: slackTeam }, enterprise: null })).text;

/** @returns the form that Slack was asked to open; undefined where the user was told why not */
async function open(row = ask, user = bob): Promise<View | undefined> {
  const before = slack.calls.length;
  const actions = [{ action_id: actionIds.grant, value: row.nonce }];
  await deliver({ type: 'block_actions', trigger_id: randomUUID(), channel: { id: 'C0001' }, actions }, user);
  await expect.poll(() => slack.calls.length).toBeGreaterThan(before);
  const { method, body } = slack.calls.at(-1) ?? {};
  return method === 'views.open' ? (body as unknown as { view: View }).view : undefined;
}

/** Sends a form as Slack does: what it remembers of it, and what stands in its fields. */
async function send(view: Pick<View, 'callback_id' | 'private_metadata'>, typed: Record<string, object>, user = bob) {
  const values = Object.fromEntries(Object.entries(typed).map(([block, field]) => [block, { [inputAction]: field }]));
  const { callback_id, private_metadata } = view;
  const answer = await deliver(
    { type: 'view_submission', view: { callback_id, private_metadata, state: { values } } },
    user,
  );
  return JSON.parse(answer) as { response_action: string; view?: View; errors?: Record<string, string> };
}

const fields = (changes: Record<string, object> = {}) => ({
  [grantBlocks.patterns]: { value: 'service=web-*' },
  [grantBlocks.uses]: { value: '3' },
  [grantBlocks.ttl]: { value: '30m' },
  [grantBlocks.labels]: { selected_options: [{ value: 'operator' }, { value: 'untrusted' }] },
  ...changes,
});

/** The second form, which shows what would be covered. */
async function shown(row = ask, changes: Record<string, object> = {}): Promise<View> {
  const form = await open(row);
  if (!form) throw new TypeError('no form was opened');
  const { response_action, view } = await send(form, fields(changes));
  expect(response_action).toBe('push');
  if (!view) throw new TypeError('no second form came');
  return view;
}

const votes = async (row = ask) => (await world.store.votesByNonce(row.nonce)).map(({ vote: { body } }) => body);
const grants = async (): Promise<Grant[]> =>
  (await readGrants({ store: world.store, registry: world.keys.registry, audience })).map(({ grant }) => grant);
const toldBy = (answer: object) => JSON.stringify(answer);

describe('a grant from Slack', () => {
  it('is what the second form showed, in the gateway’s words, and nothing before it was confirmed', async () => {
    const form = await open();
    expect(toldBy(form ?? {})).toContain('at most 5 uses within 1h, up to risk high, in this run alone');
    const view = await shown();
    const words = toldBy(view);
    for (const line of [
      'force is exactly false',
      'service is like',
      'web-*',
      'at most 3 times',
      '30 min from when you approve it',
      'up to medium',
      'reading nothing but operator, untrusted',
      '2 approvals of exactly this grant',
      ask.workflowId,
    ])
      expect(words).toContain(line);
    expect(await grants()).toEqual([]);
    expect(await votes()).toEqual([]);
    expect(toldBy(await send(view, {}))).toContain('Your answer is counted');
    const [grant] = await grants();
    expect(grant).toMatchObject({
      proposedBy: 'bob',
      arguments: { service: { kind: 'like', globs: ['web-*'] }, force: { kind: 'exactly', json: 'false' } },
      uses: 3,
      labels: ['operator', 'untrusted'],
      expiresAt: world.clock.at + hour / 2,
    });
    expect(await votes()).toMatchObject([
      { principal: 'bob', verdict: 'approve', channel: 'slack', grantDigest: grant ? grantDigestOf(grant) : '' },
    ]);
  });

  it('is approved by the next person as it was proposed, from a form that shows it', async () => {
    await send(await shown(), {});
    world.clock.at += 1;
    const [grant] = await grants();
    if (!grant) throw new TypeError('nothing was proposed');
    const form = await open(ask, carol);
    expect(toldBy(form ?? {})).toContain(`${grant.grantId}, as bob proposed`);
    if (!form) return;
    const chosen = { [grantBlocks.which]: { selected_option: { value: grantDigestOf(grant) } } };
    const { view } = await send(form, chosen, carol);
    expect(toldBy(view ?? {})).toContain('at most 3 times');
    if (view) await send(view, {}, carol);
    expect((await votes()).map(({ principal, grantDigest }) => [principal, grantDigest])).toEqual([
      ['bob', grantDigestOf(grant)],
      ['carol', grantDigestOf(grant)],
    ]);
    const key = await world.key('dave');
    expect((await world.call('GET', `/v1/grants/${grant.grantId}`, { key })).body['state']).toBe('standing');
  });

  it.each<[string, Record<string, object>, string, string]>([
    ['more uses than the terms allow', { [grantBlocks.uses]: { value: '6' } }, grantBlocks.patterns, '6 uses'],
    ['a longer time than the terms allow', { [grantBlocks.ttl]: { value: '61m' } }, grantBlocks.patterns, '3660 s'],
    ['a wider place', { [grantBlocks.scope]: { selected_option: { value: 'agent' } } }, 'patterns', 'every run'],
    ['a higher risk', { [grantBlocks.risk]: { selected_option: { value: 'critical' } } }, 'patterns', 'risk critical'],
    ['no number', { [grantBlocks.uses]: { value: '-1' } }, grantBlocks.uses, 'whole number'],
    ['no time', { [grantBlocks.ttl]: { value: 'soon' } }, grantBlocks.ttl, '30m'],
    ['a pattern like anything', { [grantBlocks.patterns]: { value: 'service=*' } }, 'patterns', 'cannot be used'],
    ['no pattern', { [grantBlocks.patterns]: { value: 'web-*' } }, 'patterns', 'Each line'],
    ['an argument said twice', { [grantBlocks.patterns]: { value: 'a=x*\na=[1]' } }, 'patterns', 'twice'],
    ['another argument', { [grantBlocks.patterns]: { value: 'name=web-*' } }, 'patterns', 'no argument'],
    ['one nobody proposed', { which: { selected_option: { value: digestText('grant', 'x') } } }, 'which', ''],
  ])('is not shown for %s: the form stays, and says why', async (_, changes, block, why) => {
    const form = await open();
    if (!form) throw new TypeError('no form was opened');
    const answer = await send(form, fields(changes));
    const refused = answer.response_action === 'errors' ? (answer.errors?.[block] ?? '') : toldBy(answer);
    expect(refused).toContain(why);
    expect(answer.view?.callback_id).not.toBe('countersign-answer');
    expect(await grants()).toEqual([]);
  });
});

describe('what was shown is what is granted', () => {
  const bent = (view: View, change: (metadata: Record<string, never>) => unknown) => ({
    ...view,
    private_metadata: JSON.stringify(change(JSON.parse(view.private_metadata) as Record<string, never>)),
  });
  const proposing = (change: object) => (metadata: Record<string, never>) => {
    const { grant } = metadata as unknown as { grant: { propose: object; shown: string } };
    return { ...metadata, grant: { ...grant, propose: { ...grant.propose, ...change } } };
  };

  it.each<[string, object]>([
    ['more uses', { uses: 4 }],
    ['a longer time', { ttlMs: hour }],
    ['a wider pattern', { arguments: { service: { like: ['web-**'] } } }],
    ['more labels', { labels: ['operator', 'untrusted', 'secret'] }],
    ['a higher risk', { risk: 'high' }],
  ])('a form that comes back with %s is refused, and casts no vote', async (_, change) => {
    const view = await shown();
    expect(toldBy(await send(bent(view, proposing(change)), {}))).toContain('something else than was shown');
    expect(await grants()).toEqual([]);
    expect(await votes()).toEqual([]);
    // It is the change that is refused: as it was shown, it is taken.
    expect(toldBy(await send(view, {}))).toContain('Your answer is counted');
  });

  it('a form that says nothing of what was shown is refused', async () => {
    const view = await shown();
    const without = bent(view, (metadata) => {
      const { grant } = metadata as unknown as { grant: { propose: object } };
      return { ...metadata, grant: { propose: grant.propose } };
    });
    expect(toldBy(await send(without, {}))).toContain('nobody was shown what the grant covers');
    expect(await votes()).toEqual([]);
  });

  it('a form that was shown to somebody else is not theirs to send', async () => {
    const view = await shown();
    expect(toldBy(await send(view, {}, carol))).toContain('something else than was shown');
    expect(await grants()).toEqual([]);
  });

  it('fields of a bent second form change nothing', async () => {
    await send(await shown(), fields({ [grantBlocks.uses]: { value: '5' } }));
    expect((await grants()).map(({ uses }) => uses)).toEqual([3]);
  });

  it('a form sent again grants nothing more', async () => {
    const view = await shown();
    await send(view, {});
    expect(toldBy(await send(view, {}))).toMatch(
      /is not counted\. .*you had answered it before: approve at .* from slack; that answer stands/,
    );
    expect(await grants()).toHaveLength(1);
    expect(await votes()).toHaveLength(1);
  });

  it('a form sent after the deadline grants nothing', async () => {
    const view = await shown();
    world.clock.at = ask.deadlineAt + 1;
    expect(toldBy(await send(view, {}))).toContain('late');
    expect(await grants()).toEqual([]);
  });

  it('a form of the first kind is no answer, whatever it says', async () => {
    const view = await shown();
    const answer = await send({ ...view, callback_id: grantCallback }, fields());
    expect(toldBy(answer)).toContain('none of ours');
    expect(await votes()).toEqual([]);
  });
});

describe('a grant for riskier calls than the one asked for', () => {
  const risky = { [grantBlocks.risk]: { selected_option: { value: 'high' } } };

  it('is confirmed as the riskiest of them', async () => {
    const row = await askFor(2, { stepUpFrom: 'high' });
    const view = await shown(row, risky);
    expect(toldBy(view)).toContain('Type restart_service');
    const answer = await send(view, {});
    expect(answer).toMatchObject({ response_action: 'errors', errors: { [confirmBlock]: expect.any(String) } });
    expect(await votes(row)).toEqual([]);
    await send(view, { [confirmBlock]: { value: 'restart_service' } });
    expect(await votes(row)).toMatchObject([{ authenticated: { stepUp: 'typed-target' } }]);
  });

  it('is not given where the terms keep that risk out of Slack, by its form or by a bent one', async () => {
    const row = await askFor(2, { channels: { slack: 'medium' } });
    const form = await open(row);
    if (!form) throw new TypeError('no form was opened');
    expect(toldBy(await send(form, fields(risky)))).toContain('through channel \\"slack\\"');
    expect(await grants()).toEqual([]);
  });
});

describe('nobody is offered one', () => {
  it.each<[string, AskChanges['terms'], AskChanges]>([
    ['where the terms allow none', { grants: undefined }, {}],
    ['of a call that a person edited', {}, { ask: { coAuthors: ['mia'] } }],
    ['where a rule always asks', {}, { body: { rules: [{ id: 'after-denial', effect: 'ask', reason: 'x' }] } }],
  ])('%s', async (_, terms, more) => {
    const row = await askFor(2, terms, more);
    expect(await open(row)).toBeUndefined();
    expect(toldBy(slack.of('chat.postEphemeral').at(-1)?.body ?? {})).toContain('expected an approval of this call');
  });
});
