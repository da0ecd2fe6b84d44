/** Answering with other arguments through HTTP: who may, what is refused with its place, what is signed, and what a retry is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { digestText } from '../../../core/digest.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import type { AskRow } from '../../../store/store.ts';
import { workflowIdOf } from '../../support/signed-objects.ts';
import { type AskChanges, audience, canary, startWorld, type World } from './gateway-world.ts';

const schema = JSON.stringify({
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    replicas: { type: 'integer', minimum: 1, maximum: 9, default: 2 },
  },
  required: ['name'],
  additionalProperties: false,
});

let world: World;
let ask: AskRow;
let bob: string;

beforeEach(async () => {
  world = await startWorld();
  ask = await editableAsk(1);
  bob = await world.key('bob');
});
afterEach(() => world.close());

async function editableAsk(number: number, changes: AskChanges = {}): Promise<AskRow> {
  const editable = { schemaBody: await world.store.putBody(schema), left: 2 };
  return await world.ask(number, { ...changes, ask: { editable, ...changes.ask } });
}

async function edit(
  args: unknown,
  changes: Record<string, unknown> = {},
  { key = bob, row = ask, headers = {} }: { key?: string; row?: AskRow; headers?: Record<string, string> } = {},
) {
  const cardDigest = row.ask.body.verdict === 'ask' ? row.ask.body.ask.cardDigest : '';
  const body = { arguments: args, cardDigest, ...changes };
  return await world.call('POST', `/v1/approvals/${row.nonce}/edits`, { key, body, headers });
}

const votes = async (row = ask) => await world.store.votesByNonce(row.nonce);

async function expectNothingHappened(row = ask): Promise<void> {
  expect(await votes(row)).toEqual([]);
  expect(world.door.signals).toEqual([]);
}

describe('before an edit', () => {
  const warning = async (couldAnswer: string[] | undefined, changes: AskChanges = {}): Promise<unknown> => {
    const own = couldAnswer ? { couldAnswer } : {};
    const row = await editableAsk(2, { ...changes, ask: own });
    const { body } = await world.call('GET', `/v1/approvals/${row.nonce}`, { key: bob });
    const { editing } = body as { editing: { mayEdit: boolean; warning?: string } };
    expect(editing.mayEdit).toBe(true);
    return editing.warning;
  };

  it('whoever is the only one that could approve is warned that nobody could then', async () => {
    expect(await warning(['bob'])).toContain('nobody else could approve it, of 1 needed');
  });

  it('one of two of whom two are needed is warned', async () => {
    const terms = { quorum: 2 };
    expect(await warning(['bob', 'carol'], { terms })).toContain('1 other could approve it, of 2 needed');
  });

  it('nobody is warned where enough others are left, or nobody knows who could answer', async () => {
    expect(await warning(['bob', 'carol'])).toBeUndefined();
  });

  it('nobody is warned of what was not looked for', async () => {
    expect(await warning(undefined)).toBeUndefined();
  });
});

describe('an edit', () => {
  it('is signed for the request, its card and the arguments, which lie in the store, then signalled', async () => {
    const answer = await edit({ name: 'one' }, { reason: 'too many', channel: 'terminal' });
    expect(answer).toMatchObject({ status: 200, body: { status: 'applied' } });
    const [stored] = await votes();
    const options = { schema: signedVoteSchema, audience, registry: world.keys.registry, now: world.clock.at };
    expect(openEnvelope(stored?.vote, options).kind).toBe('opened');
    // With the defaults of the tool: what is signed is what would run.
    const text = '{"name":"one","replicas":2}';
    expect(stored?.vote.body).toMatchObject({
      verdict: 'edit',
      principal: 'bob',
      roles: ['operator'],
      askDigest: ask.askDigest,
      edits: { argumentsDigest: digestText('arguments', text), argumentsBody: digestText('body', text) },
      channel: 'terminal',
      reason: 'too many',
    });
    expect(await world.store.getBody(digestText('body', text))).toBe(text);
    expect(world.door.signals).toEqual([{ workflowId: workflowIdOf(1), name: 'vote', payload: stored?.vote }]);
  });

  it('past the deadline is kept as evidence and never sent', async () => {
    world.clock.at = ask.deadlineAt + 1;
    expect(await edit({ name: 'one' })).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await votes()).toHaveLength(1);
    expect(world.door.signals).toEqual([]);
  });

  it('of another card than the current one is a conflict, in the body or as If-Match', async () => {
    const stale = digestText('card', 'another');
    expect(await edit({ name: 'one' }, { cardDigest: stale })).toMatchObject({ status: 409 });
    const headers = { 'if-match': `"${stale}"` };
    expect(await edit({ name: 'one' }, { cardDigest: undefined }, { headers })).toMatchObject({ status: 409 });
    await expectNothingHappened();
  });

  it('that is sent again with its key is answered as the first, and with other arguments it is a conflict', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await edit({ name: 'one' }, {}, { headers });
    const again = await edit({ name: 'one' }, {}, { headers });
    expect(again.body).toMatchObject({ repeated: true, voteDigest: first.body['voteDigest'] });
    expect(await edit({ name: 'two' }, {}, { headers })).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await edit({ name: 'two' })).body).toMatchObject({ status: 'duplicate' });
    expect(await votes()).toHaveLength(1);
  });
});

describe('an edit is refused, and the request is as it was', () => {
  it.each<[string, unknown, string]>([
    ['a value of another type', { name: 7 }, '"name" is a number, expected text'],
    [
      'a number beyond its bounds',
      { name: 'a', replicas: 10 },
      '"replicas" is a number, expected a value of at most 9',
    ],
    ['what is missing', {}, '"name" is missing, expected text'],
    ['an unknown key, which it does not repeat', { name: 'a', [canary]: 1 }, 'unknown key'],
  ])('with the place of %s', async (_, args, problem) => {
    const answer = await edit(args);
    expect(answer).toMatchObject({ status: 400, body: { code: 'input-invalid' } });
    expect(answer.body['detail']).toContain(problem);
    expect(answer.text).not.toContain(canary);
    await expectNothingHappened();
  });

  it('where it changes nothing', async () => {
    const text = '{"name":"one","replicas":2}';
    const row = await editableAsk(2, { body: { argumentsDigest: digestText('arguments', text) } });
    const answer = await edit({ replicas: 2, name: 'one' }, {}, { row });
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(answer.body['detail']).toContain('the edited arguments are those it has');
    await expectNothingHappened(row);
  });

  it('with a secret in it, which nothing of it keeps', async () => {
    const answer = await edit({ name: canary });
    expect(answer).toMatchObject({ status: 422, body: { code: 'input-refused' } });
    expect(answer.text).not.toContain(canary);
    const text = JSON.stringify({ name: canary, replicas: 2 });
    expect(await world.store.getBody(digestText('body', text))).toBeNull();
    await expectNothingHappened();
  });

  it.each<[string, AskChanges, string]>([
    ['whose terms let nobody edit', { ask: { editable: undefined } as never }, 'its terms let nobody edit it'],
    [
      'that stands for several calls',
      {
        ask: { editable: undefined, times: 3, callKeys: [0, 1, 2].map((n) => `${workflowIdOf(2)}/1.${n}`) } as never,
        card: { times: 3 },
      },
      'it stands for 3 identical calls, which cannot be edited together',
    ],
    ['that asks what became of a call', { kind: 'reconcile' }, 'it is a reconcile request'],
  ])('of a request %s', async (_, changes, reason) => {
    const row = await editableAsk(2, changes);
    const answer = await edit({ name: 'one' }, {}, { row });
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(answer.body['detail']).toContain(reason);
    await expectNothingHappened(row);
  });

  it('by whoever may not, also where they may answer', async () => {
    const guest = await world.key('eve', { roles: ['guest'] });
    const requester = await world.key('ann');
    for (const key of [guest, requester])
      expect(await edit({ name: 'one' }, {}, { key })).toMatchObject({ status: 403 });
    const row = await editableAsk(2, {
      terms: { edits: { by: { roles: [], principals: ['sue'] }, most: 3 } },
    });
    const answer = await edit({ name: 'one' }, {}, { row });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(answer.body['detail']).toContain('"bob" is not one who may edit');
    const sue = await world.key('sue', { roles: ['guest'] });
    await expectNothingHappened(row);
    expect((await edit({ name: 'one' }, {}, { row, key: sue })).status).toBe(200);
  });

  it('through a channel whose ceiling is below its risk', async () => {
    const row = await editableAsk(2, { terms: { channels: { api: 'none' } } });
    expect((await edit({ name: 'one' }, {}, { row })).body['detail']).toContain('cannot be edited through channel');
    expect((await edit({ name: 'one' }, { channel: 'terminal' }, { row })).status).toBe(200);
  });

  it('without a reason where its terms require one', async () => {
    const row = await editableAsk(2, { terms: { reasonRequired: true } });
    expect(await edit({ name: 'one' }, {}, { row })).toMatchObject({ status: 422 });
    expect((await edit({ name: 'one' }, { reason: 'smaller' }, { row })).status).toBe(200);
  });
});

describe('a request of edited arguments', () => {
  it('is not approved by its editor, who may deny it, and says so to them', async () => {
    const row = await editableAsk(2, { ask: { coAuthors: ['bob'] } });
    const cardDigest = row.ask.body.verdict === 'ask' ? row.ask.body.ask.cardDigest : '';
    const vote = async (verdict: string) =>
      await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key: bob, body: { verdict, cardDigest } });
    const seen = await world.call('GET', `/v1/approvals/${row.nonce}`, { key: bob });
    expect(seen.body['you']).toMatchObject({ mayAnswer: false, mayDeny: true });
    const guest = await world.key('eve', { roles: ['guest'] });
    const bySomebody = await world.call('GET', `/v1/approvals/${row.nonce}`, { key: guest });
    expect(bySomebody.body['you']).toMatchObject({ mayAnswer: false, mayDeny: false });
    const approval = await vote('approve');
    expect(approval).toMatchObject({ status: 403 });
    expect(approval.body['detail']).toContain('whoever edited the arguments does not approve them');
    expect((await vote('deny')).status).toBe(200);
    const puppet = await world.key('dan', { mintedBy: 'bob', madeByBearer: true });
    const byPuppet = await world.call('GET', `/v1/approvals/${row.nonce}`, { key: puppet });
    expect(byPuppet.body['you']).toMatchObject({
      mayAnswer: false,
      reason: expect.stringContaining('edited') as unknown,
    });
  });

  it('shows whether its reader may edit it, and how often still', async () => {
    const show = async (key: string) =>
      (await world.call('GET', `/v1/approvals/${ask.nonce}`, { key })).body['editing'];
    expect(await show(bob)).toEqual({ left: 2, mayEdit: true, reason: null });
    const guest = await world.key('eve', { roles: ['guest'] });
    expect(await show(guest)).toMatchObject({ left: 2, mayEdit: false });
  });
});
