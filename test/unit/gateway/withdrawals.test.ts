/** Taking an approval back, a denial that ends the run, and the confirmation that a vote needs, through HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import type { AskRow } from '../../../store/store.ts';
import { nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { audience, canary, startWorld, type World } from './gateway-world.ts';

let world: World;
let ask: AskRow;
let bob: string;

beforeEach(async () => {
  world = await startWorld();
  ask = await world.ask(1);
  bob = await world.key('bob');
});
afterEach(() => world.close());

async function vote(key: string, row = ask, changes: Record<string, unknown> = {}) {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  const body = { verdict: 'approve', cardDigest: row.ask.body.ask.cardDigest, ...changes };
  return await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key, body });
}
const withdraw = async (key: string, body: Record<string, unknown> = {}, nonce = ask.nonce) =>
  await world.call('POST', `/v1/approvals/${nonce}/withdrawals`, { key, body });

async function start(row: AskRow, callKey = row.callKey): Promise<void> {
  await world.store.reserveFence({
    callKey,
    try: row.try,
    workflowId: row.workflowId,
    linkRunId: row.linkRunId,
    runEpoch: 0,
    tool: row.ask.body.tool.name,
    argumentsDigest: String(row.ask.body.argumentsDigest),
    nonce: row.nonce,
    permitDigest: row.askDigest,
    startToCloseMs: 1000,
    now: world.clock.at,
    executeByAt: null,
    freezeEpoch: 0,
  });
}

describe('a withdrawal', () => {
  it('is signed for the vote that it takes back, stored and signalled', async () => {
    const approved = await vote(bob);
    const answer = await withdraw(bob, { reason: 'the wrong card', channel: 'terminal' });
    expect(answer).toMatchObject({ status: 200, body: { status: 'applied' } });
    const [, stored] = await world.store.votesByNonce(ask.nonce);
    const options = { schema: signedVoteSchema, audience, registry: world.keys.registry, now: world.clock.at };
    expect(openEnvelope(stored?.vote, options).kind).toBe('opened');
    expect(stored?.vote.body).toMatchObject({
      verdict: 'withdraw',
      withdraws: approved.body['voteDigest'],
      principal: 'bob',
      reason: 'the wrong card',
    });
    expect(world.door.signals.at(-1)).toEqual({ workflowId: workflowIdOf(1), name: 'vote', payload: stored?.vote });
  });

  it('a second time is a duplicate and changes nothing', async () => {
    await vote(bob);
    await withdraw(bob);
    expect((await withdraw(bob)).body).toMatchObject({ status: 'duplicate' });
    expect(await world.store.votesByNonce(ask.nonce)).toHaveLength(2);
  });

  it.each(['approve', 'deny'])(
    'leaves no vote to %s with, and whoever tries hears that theirs was taken back',
    async (verdict) => {
      const approvedAt = new Date(world.clock.at).toISOString();
      await vote(bob);
      world.clock.at += 60_000;
      await withdraw(bob);
      const takenBackAt = new Date(world.clock.at).toISOString();
      world.clock.at += 60_000;
      const { body } = await vote(bob, ask, { verdict });
      expect(body).toMatchObject({ status: 'duplicate', first: { principal: 'bob', verdict: 'approve' } });
      expect(body['reason']).toBe(
        `you had answered it before: approve at ${approvedAt} from api, and took it back at ${takenBackAt}; it stays taken back, and one person has one for a request: others can answer it`,
      );
      expect(await world.store.votesByNonce(ask.nonce)).toHaveLength(2);
    },
  );

  it('is taken after the deadline, from whoever lost their roles, and says where it is too late', async () => {
    await vote(bob);
    world.clock.at = ask.deadlineAt + 1;
    expect((await withdraw(bob)).status).toBe(200);
  });

  it.each([11_000, -11_000])('is not signed by a gateway whose clock was set by %i ms', async (setByMs) => {
    await vote(bob);
    world.clock.at += setByMs;
    world.door.aheadMs = -setByMs;
    expect(await withdraw(bob)).toMatchObject({ status: 503, body: { code: 'clock-skew' } });
    expect(await world.store.votesByNonce(ask.nonce)).toHaveLength(1);
  });

  it('of identical calls is late only once each of them has started', async () => {
    const callKeys = [0, 1].map((index) => `${workflowIdOf(2)}/1.${index}`);
    const two = await world.ask(2, { ask: { callKeys, times: 2 }, card: { times: 2 } });
    const carol = await world.key('carol');
    for (const key of [bob, carol]) await vote(key, two);
    await start(two, callKeys[0]);
    expect((await withdraw(bob, {}, two.nonce)).body).toMatchObject({ status: 'applied' });
    await start(two, callKeys[1]);
    expect((await withdraw(carol, {}, two.nonce)).body).toMatchObject({ status: 'late' });
  });

  it('of a call that has started is kept and called late', async () => {
    await vote(bob);
    await start(ask);
    expect((await withdraw(bob)).body).toMatchObject({ status: 'late' });
  });

  it.each([
    ['of nobody’s vote', async () => {}, 409],
    ['of a denial', async () => void (await vote(bob, ask, { verdict: 'deny', reason: 'no' })), 409],
    ['of somebody else’s approval', async () => void (await vote(await world.key('cat'))), 409],
  ])('%s is a conflict', async (_, before, status) => {
    await before();
    expect((await withdraw(bob)).status).toBe(status);
  });

  it('of no request is not found, by a service account forbidden, with a secret refused', async () => {
    expect((await withdraw(bob, {}, nonceOf(77))).status).toBe(404);
    expect((await withdraw(await world.key('robot', { person: false }))).status).toBe(403);
    await vote(bob);
    expect((await withdraw(bob, { reason: `because ${canary}` })).status).toBe(422);
    expect(await world.store.votesByNonce(ask.nonce)).toHaveLength(1);
  });
});

describe('a denial that ends the run', () => {
  it('says so in the signed vote', async () => {
    expect((await vote(bob, ask, { verdict: 'deny', reason: 'stop', stop: true })).status).toBe(200);
    expect((await world.store.votesByNonce(ask.nonce))[0]?.vote.body).toMatchObject({ verdict: 'deny', stop: true });
  });

  it('cannot be an approval', async () => {
    expect((await vote(bob, ask, { stop: true })).status).toBe(400);
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  });
});

describe('an approval whose terms want it confirmed afresh', () => {
  const terms = { stepUpFrom: 'low' as const };

  it.each([
    ['nothing was typed', {}],
    ['another target was typed', { confirmation: 'delete_everything' }],
    ['the word of the terminal was typed elsewhere', { confirmation: 'yes' }],
    ['the word was typed in another case', { confirmation: 'YES', channel: 'terminal' }],
  ])('is refused where %s', async (_, changes) => {
    const row = await world.ask(2, { terms });
    expect(await vote(bob, row, changes)).toMatchObject({ status: 422, body: { code: 'input-refused' } });
    expect(await world.store.votesByNonce(row.nonce)).toEqual([]);
  });

  it.each([
    ['typed-target', (tool: string) => ({ confirmation: tool })],
    ['typed-yes', () => ({ confirmation: 'yes', channel: 'terminal' })],
  ])('says in the vote that it was %s', async (stepUp, changes) => {
    const row = await world.ask(2, { terms });
    const view = await world.call('GET', `/v1/approvals/${row.nonce}`, { key: bob });
    const { confirmation } = view.body['approvers'] as { confirmation: string };
    expect((await vote(bob, row, changes(confirmation))).status).toBe(200);
    const [stored] = await world.store.votesByNonce(row.nonce);
    expect(stored?.vote.body.authenticated).toMatchObject({ stepUp });
  });

  it('is a denial without any', async () => {
    const row = await world.ask(2, { terms });
    expect((await vote(bob, row, { verdict: 'deny', reason: 'no' })).status).toBe(200);
  });
});

describe('a key that somebody else made', () => {
  it('cannot vote, unless its bearer made the secret', async () => {
    const made = await world.key('cat', { mintedBy: 'root' });
    expect(await vote(made)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  });
});
