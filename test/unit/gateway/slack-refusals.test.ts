/** What is refused in Slack is on record as what the API refuses: by whom, about which request, how often. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { enrolmentCode } from '../../../gateway/slack/identity.ts';
import { actionIds, confirmBlock, grantCallback, inputAction } from '../../../gateway/slack/messages.ts';
import type { AskRow } from '../../../store/store.ts';
import type { SlackServer } from '../../support/slack-server.ts';
import type { World } from './gateway-world.ts';
import { deliverAsSlack, signingSecret, slackTeam, startSlackWorld, stopSlackWorld } from './slack-world.ts';

const bob = { id: 'U0BOB', team_id: slackTeam };
const route = 'POST /v1/slack/interactions';
let slack: SlackServer;
let world: World;
let ask: AskRow;
let bobsKeyId: string;

beforeEach(async () => {
  ({ slack, world } = await startSlackWorld());
  const key = await world.key('bob');
  bobsKeyId = key.split('_')[1] ?? '';
  const known = { enterpriseId: null, teamId: slackTeam, userId: bob.id };
  const body = { code: enrolmentCode(signingSecret, known, world.clock.at), userId: bob.id };
  await world.call('POST', '/v1/slack/enrolments', { key, body });
  ask = await world.ask(1, { card: { risk: 'critical' } });
});
afterEach(() => stopSlackWorld({ slack, world }));

/** A form as it is sent; by default one of ours. */
async function send(typed: string | null, view: object = {}): Promise<string> {
  const { body } = ask.ask;
  const cardDigest = body.verdict === 'ask' ? body.ask.cardDigest : '';
  const values = typed === null ? {} : { [confirmBlock]: { [inputAction]: { value: typed } } };
  const private_metadata = JSON.stringify({ nonce: ask.nonce, cardDigest, verdict: 'approve' });
  const own = { callback_id: 'countersign-answer', private_metadata, state: { values }, ...view };
  const payload = { type: 'view_submission', user: bob, team: { id: slackTeam }, enterprise: null, view: own };
  return (await deliverAsSlack(world, payload)).text;
}

async function refusals(): Promise<unknown[]> {
  const { body } = await world.call('GET', '/v1/refusals', { key: await world.key('admin') });
  return (body['refusals'] as Record<string, unknown>[]).map(({ lastAt: _, ...refusal }) => refusal);
}

it('another text than the one that confirms it is refused to this person, each time', async () => {
  await send(null);
  await send('restart');
  expect(await refusals()).toEqual([{ route, keyId: bobsKeyId, about: ask.nonce, code: 'input-refused', attempts: 2 }]);
  expect(await send('restart_service')).toContain('counted');
  expect(await refusals()).toHaveLength(1);
});

it.each<[string, object]>([
  ['an answer', { private_metadata: '{"nonce":"mine"}' }],
  ['a grant', { callback_id: grantCallback, private_metadata: '' }],
])('a form of %s that this gateway did not render is refused, and casts no vote', async (_, view) => {
  expect(await send('restart_service', view)).toContain('none of ours');
  expect(await refusals()).toEqual([{ route, keyId: bobsKeyId, about: '', code: 'input-invalid', attempts: 1 }]);
  expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
});

it('a form of another name, and a button of ours that names no request, are refused to nobody in particular', async () => {
  expect(await send('restart_service', { callback_id: 'countersign-anwser' })).toBe('');
  const actions = [{ action_id: actionIds.approve, value: 'somebody', block_id: 'x' }];
  const click = { type: 'block_actions', user: bob, team: { id: slackTeam }, enterprise: null, trigger_id: 't' };
  await deliverAsSlack(world, { ...click, channel: { id: 'C0001' }, actions });
  expect(await refusals()).toEqual([{ route, keyId: null, about: '', code: 'input-invalid', attempts: 2 }]);
});

it.each<[string, { status?: number; headers?: Record<string, string>; body: unknown }]>([
  ['Slack asks to come back later', { status: 429, headers: { 'retry-after': '7' }, body: {} }],
  ['Slack answered expired_trigger_id', { body: { ok: false, error: 'expired_trigger_id' } }],
])('a form that does not open is told to whoever clicked: %s', async (why, answer) => {
  slack.scripted.set('views.open', [answer]);
  const value = ask.nonce;
  const actions = [{ action_id: actionIds.approve, value }];
  const click = { type: 'block_actions', user: bob, trigger_id: 't', channel: { id: 'C0001' }, actions };
  await deliverAsSlack(world, click);
  await expect.poll(() => slack.of('chat.postEphemeral').length).toBe(1);
  const told = `The form did not open (${why}); nothing was answered. Click again.`;
  expect(slack.of('chat.postEphemeral')[0]?.body).toMatchObject({ user: bob.id, text: told });
});

it('a click on a link is no attempt', async () => {
  const actions = [{ action_id: 'open', block_id: 'x' }];
  const click = { type: 'block_actions', user: bob, team: { id: slackTeam }, enterprise: null, trigger_id: 't' };
  await deliverAsSlack(world, { ...click, channel: { id: 'C0001' }, actions });
  expect(await refusals()).toEqual([]);
});
