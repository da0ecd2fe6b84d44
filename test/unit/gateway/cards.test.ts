/** The card beyond its signed part: the whole arguments, what changed since the last approved call, and who may approve where. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard } from '../../../core/card/build-card.ts';
import type { Card } from '../../../core/contracts/approval.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import type { AskRow } from '../../../store/store.ts';
import { aCard, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let bob: string;
beforeEach(async () => {
  world = await startWorld();
  bob = await world.key('bob');
});
afterEach(() => world.close());

const long = canonicalJson({ text: 'word '.repeat(2000) });

async function askWith(number: number, text: string, changes: Partial<Card> = {}): Promise<AskRow> {
  const { argumentsCut: _, argumentsLength: __, ...facts } = JSON.parse(aCard('run-1/1.0')) as Card;
  const card = buildCard({ ...facts, arguments: text, argumentsDigest: digestText('arguments', text), ...changes });
  const { approvalId: ___, ...shown } = card;
  return await world.ask(number, { card: shown });
}

function cardDigestOf(row: AskRow): string {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  return row.ask.body.ask.cardDigest;
}

async function vote(row: AskRow, verdict: string, key = bob) {
  const body = { verdict, cardDigest: cardDigestOf(row), reason: 'looked at it' };
  return await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key, body });
}

describe('arguments that a card cuts', () => {
  it('are given whole, by the digest on the card', async () => {
    const argumentsBody = await world.store.putBody(long);
    await askWith(1, long, { argumentsBody });
    const answer = await world.call('GET', `/v1/approvals/${nonceOf(1)}/arguments`, { key: bob });
    expect(answer).toMatchObject({ status: 200, body: { arguments: long, nonce: nonceOf(1) } });
  });

  it('are not given where the body is another text', async () => {
    const argumentsBody = await world.store.putBody('{"text":"something else"}');
    await askWith(1, long, { argumentsBody });
    const answer = await world.call('GET', `/v1/approvals/${nonceOf(1)}/arguments`, { key: bob });
    expect(answer.status).toBe(404);
  });

  it('need a key that may read approvals', async () => {
    await askWith(1, '{}');
    const key = await world.key('eve', { scopes: ['runs:read'] });
    expect((await world.call('GET', `/v1/approvals/${nonceOf(1)}/arguments`, { key })).status).toBe(403);
  });

  it('cannot be approved anywhere once the whole is lost, and can be denied', async () => {
    const row = await askWith(1, long);
    const approving = await vote(row, 'approve');
    expect(approving).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(approving.body['detail']).toContain('UNINSPECTABLE');
    expect(await world.store.votesByNonce(row.nonce)).toEqual([]);
    expect((await vote(row, 'deny')).status).toBe(200);
  });
});

describe('what a tool said, where a card cuts it', () => {
  const said = 'would delete a backup; '.repeat(100);
  const words = (text: string, body?: string): NonNullable<Card['dryRun']> => ({
    ended: true,
    text: text.slice(0, 1500),
    length: text.length,
    digest: digestText('body', text),
    ...(body === undefined ? {} : { body }),
    labels: ['untrusted'],
    at: 1,
  });
  const get = async (about: string) =>
    await world.call('GET', `/v1/approvals/${nonceOf(1)}/words/${about}`, { key: bob });

  it('is given whole, of the dry run and of the target', async () => {
    const body = await world.store.putBody(said);
    await askWith(1, '{}', { dryRun: words(said, body), target: words('3 of 7') });
    expect((await get('dry-run')).body).toEqual({ nonce: nonceOf(1), about: 'dry-run', text: said, shown: said });
    expect((await get('target')).body).toEqual({ nonce: nonceOf(1), about: 'target', text: '3 of 7', shown: '3 of 7' });
    expect((await get('arguments')).status).toBe(400);
  });

  it('is not given where it is lost, or where the tool said nothing', async () => {
    await askWith(1, '{}', { dryRun: words(said, digestText('body', 'never stored')) });
    expect((await get('dry-run')).body['detail']).toContain('not in the store');
    expect((await get('target')).status).toBe(404);
  });
});

describe('the last approved call like it', () => {
  async function approved(number: number, text: string, changes: Partial<Card> = {}): Promise<AskRow> {
    const row = await askWith(number, text, changes);
    await close(row, 'approved');
    return row;
  }

  async function close(row: AskRow, outcome: 'approved' | 'denied'): Promise<void> {
    const decision = world.seal('decision', {
      ...row.ask.body,
      verdict: 'deny' as const,
      pass: 2,
      nonce: row.nonce,
      outcome,
      ask: undefined,
      approverPolicies: undefined,
    });
    const key = { callKey: row.callKey, try: 1, purpose: 'execute' as const, pass: 2, linkRunId: row.linkRunId };
    const closes = { nonce: row.nonce, outcome, at: world.clock.at };
    const plain = JSON.parse(JSON.stringify(decision)) as typeof decision;
    const record = { key, decision: plain, digest: digestJson('decision', plain), turn: 1, closes };
    await world.store.recordDecision({ ...record, ask: null, denial: null, admit: null } as never, { runEpoch: 0 });
  }

  async function seen(number: number) {
    const answer = await world.call('GET', `/v1/approvals/${nonceOf(number)}`, { key: bob });
    expect(answer.status).toBe(200);
    return answer.body as { lastApproved: unknown; text: string; spent: unknown };
  }

  it('is compared value by value, with who approved it', async () => {
    const earlier = await askWith(1, '{"service":"db"}');
    await vote(earlier, 'approve');
    await close(earlier, 'approved');
    await askWith(2, '{"service":"web"}');
    const { lastApproved, text, spent } = await seen(2);
    expect(lastApproved).toMatchObject({
      by: ['bob'],
      changes: [{ path: '/service', before: '"db"', after: '"web"' }],
      more: 0,
    });
    expect(text).toContain('/service: "db" → "web"');
    expect(spent).toEqual({ calls: 0, inputTokens: 0, outputTokens: 0 });
  });

  it('is none for a row marked approved that nobody voted for', async () => {
    await approved(1, '{"service":"web"}');
    await askWith(2, '{"service":"web"}');
    expect((await seen(2)).lastApproved).toBeNull();
  });

  it('is none where its approval was taken back', async () => {
    const earlier = await askWith(1, '{"service":"db"}');
    await vote(earlier, 'approve');
    await world.call('POST', `/v1/approvals/${earlier.nonce}/withdrawals`, { key: bob, body: {} });
    await close(earlier, 'approved');
    await askWith(2, '{"service":"web"}');
    expect((await seen(2)).lastApproved).toBeNull();
  });

  it('is none where agent or environment differ', async () => {
    const earlier = await askWith(1, '{"service":"web"}', { environment: 'production' });
    await vote(earlier, 'approve');
    await close(earlier, 'approved');
    await askWith(2, '{"service":"web"}');
    expect((await seen(2)).lastApproved).toBeNull();
  });

  it('shows what the run has cost by the prices of its policy, and says where a model has none', async () => {
    const prices = 'prices: { gpt-test: { input: 2, output: 10 } }\n';
    const policyDigest = await world.store.putBody(`version: 1\nrules: []\n${prices}`);
    await world.ask(9, { body: { policyDigest } });
    const use = { workflowId: workflowIdOf(9), model: 'gpt-test', input: 1_000_000, output: 123_450 };
    await world.store.addModelUsage(use);
    const priced = await seen(9);
    expect(priced.spent).toMatchObject({ cost: 3.2345 });
    expect(priced.text).toContain('at a cost of 3.2345');
    await world.store.addModelUsage({ ...use, model: 'unpriced' });
    const unknown = await seen(9);
    expect(unknown.spent).toMatchObject({ cost: null });
    expect(unknown.text).toContain('at a cost that is not known');
  });

  it('lists leave it out', async () => {
    await askWith(1, '{}');
    const answer = await world.call('GET', '/v1/approvals', { key: bob });
    const [first] = answer.body['approvals'] as Record<string, unknown>[];
    expect(first).not.toHaveProperty('lastApproved');
    expect(first?.['lines']).toEqual(expect.arrayContaining([expect.objectContaining({ kind: 'headline' })]));
  });
});
