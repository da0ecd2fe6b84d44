/** Editing in Slack from outside: what a click opens, and what the form that was sent comes to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestText } from '../../../core/digest.ts';
import { enrolmentCode } from '../../../gateway/slack/identity.ts';
import { actionIds, argumentsBlock, inputAction, reasonBlock } from '../../../gateway/slack/messages.ts';
import type { AskRow } from '../../../store/store.ts';
import type { SlackServer } from '../../support/slack-server.ts';
import { type AskChanges, canary, type World } from './gateway-world.ts';
import { deliverAsSlack, signingSecret, slackTeam, startSlackWorld, stopSlackWorld } from './slack-world.ts';

const schema = '{"type":"object","properties":{"service":{"type":"string"}},"additionalProperties":false}';
const user = { id: 'U0BOB', team_id: slackTeam };
let slack: SlackServer;
let world: World;

beforeEach(async () => {
  ({ slack, world } = await startSlackWorld());
  const code = enrolmentCode(
    signingSecret,
    { enterpriseId: null, teamId: user.team_id, userId: user.id },
    world.clock.at,
  );
  const body = { code, userId: user.id };
  await world.call('POST', '/v1/slack/enrolments', { key: await world.key('bob'), body });
});
afterEach(() => stopSlackWorld({ slack, world }));

async function editable(changes: AskChanges = {}): Promise<AskRow> {
  const asked = { editable: { schemaBody: await world.store.putBody(schema), left: 3 } };
  return await world.ask(1, { ask: asked, ...changes });
}

async function deliver(payload: object): Promise<string> {
  const whole = { ...payload, user, team: { id: user.team_id }, enterprise: null };
  return (await deliverAsSlack(world, whole)).text;
}

async function click({ nonce }: AskRow): Promise<void> {
  const before = slack.calls.length;
  const actions = [{ action_id: actionIds.edit, value: nonce }];
  await deliver({ type: 'block_actions', trigger_id: 'trigger', channel: { id: 'C0001' }, actions });
  await expect.poll(() => slack.calls.length).toBeGreaterThan(before);
}

async function send({ nonce, ask: { body } }: AskRow, text: string, reason = ''): Promise<string> {
  const cardDigest = body.verdict === 'ask' ? body.ask.cardDigest : '';
  const values = {
    [argumentsBlock]: { [inputAction]: { value: text } },
    [reasonBlock]: { [inputAction]: { value: reason } },
  };
  const private_metadata = JSON.stringify({ nonce, cardDigest, verdict: 'edit' });
  const view = { callback_id: 'countersign-answer', private_metadata, state: { values } };
  return await deliver({ type: 'view_submission', view });
}

const votes = async ({ nonce }: AskRow) => (await world.store.votesByNonce(nonce)).map(({ vote: { body } }) => body);

describe('editing in Slack', () => {
  it('opens a form with the arguments of the signed card, and takes what is sent as a vote of its own kind', async () => {
    const row = await editable();
    await click(row);
    const { arguments: asked } = JSON.parse(row.card) as { arguments: string };
    const view = JSON.stringify(slack.of('views.open').at(-1)?.body);
    expect(view).toContain(JSON.stringify(JSON.stringify(JSON.parse(asked), null, 2)).slice(1, -1));
    expect(view).toContain('you do not approve it then');
    const answer = await send(row, '{ "service": "db" }', 'the other one');
    expect(answer).toContain('Your answer is counted');
    const argumentsDigest = digestText('arguments', '{"service":"db"}');
    expect(await votes(row)).toMatchObject([
      { verdict: 'edit', channel: 'slack', reason: 'the other one', edits: { argumentsDigest } },
    ]);
  });

  it.each([
    ['no JSON', '{ "service": ', 'cannot be read'],
    ['what the schema refuses', '{ "service": 7 }', '\\"service\\" is a number, expected text'],
    ['a secret', `{ "service": "${canary}" }`, 'the edited arguments'],
  ])('keeps the form open beside %s, and sends nothing', async (_, text, problem) => {
    const row = await editable();
    const answer = await send(row, text);
    expect(JSON.parse(answer)).toMatchObject({ response_action: 'errors' });
    expect(answer).toContain(problem);
    expect(answer).not.toContain(canary);
    expect(await votes(row)).toEqual([]);
  });

  it('takes no click where the request cannot be edited', async () => {
    const row = await world.ask(1);
    await click(row);
    expect(JSON.stringify(slack.of('chat.postEphemeral').at(-1)?.body)).toContain('cannot be edited');
    expect(await send(row, '{}')).toContain('its terms let nobody edit it');
    expect(await votes(row)).toEqual([]);
  });

  it('is refused where its terms keep the risk out of Slack', async () => {
    const row = await editable({ terms: { channels: { slack: 'none' } } });
    await click(row);
    expect(slack.of('views.open')).toEqual([]);
    expect(await send(row, '{}')).toContain('cannot be edited through channel');
    expect(await votes(row)).toEqual([]);
  });
});
