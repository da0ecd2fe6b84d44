/**
 * Somebody with the database changes one row of one request: that request is named as unreadable and takes no answer, and every
 * other one is listed, shown and answered as ever.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepNotices } from '../../../gateway/notices/keep-notices.ts';
import type { NoticeChannel } from '../../../gateway/notices/notice-channel.ts';
import { contextOf } from '../../../gateway/options.ts';
import { resendVotes } from '../../../gateway/resend-votes.ts';
import { failingAttempts } from '../../../store/notice.ts';
import type { AskRow } from '../../../store/store.ts';
import { aVote, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { digestJson } from '../../../core/digest.ts';
import { startWorld, storeFile, type World } from './gateway-world.ts';

let world: World;
let key: string;
let asks: AskRow[];
let raw: InstanceType<typeof Database>;
beforeEach(async () => {
  world = await startWorld({ storeInFile: true });
  key = await world.key('bob');
  asks = [await world.ask(1), await world.ask(2)];
  await storeVote(1);
  raw = new Database(join(world.folder, storeFile));
});
afterEach(async () => {
  raw.close();
  await world.close();
});

/** A denial by somebody else, stored and not signalled. */
async function storeVote(number: number): Promise<void> {
  const { body } = aVote(nonceOf(number), 'cat', { verdict: 'deny', castAt: world.clock.at });
  const vote = world.seal('vote', { ...body, askDigest: asks[number - 1]?.askDigest ?? '' });
  await world.store.storeVote(vote, digestJson('vote', vote));
}

const first = `nonce = '${nonceOf(1)}'`;
const changes: [string, string, 'request' | 'vote' | 'run'][] = [
  ['a vote that is no vote any more', `update votes set vote = '{}' where ${first}`, 'vote'],
  ['a vote that is no JSON any more', `update votes set vote = 'x' where ${first}`, 'vote'],
  ['a denial turned to a yes in its column', `update votes set verdict = 'approve' where ${first}`, 'vote'],
  [
    'a vote whose reason was changed',
    `update votes set vote = json_set(vote, '$.body.reason', 'x') where ${first}`,
    'vote',
  ],
  ['a card of another call', `update asks set card = '{}' where ${first}`, 'request'],
  ['an ask that is no ask any more', `update asks set ask = '{}' where ${first}`, 'request'],
  [
    'an ask under other terms',
    `update asks set ask = json_set(ask, '$.body.ask.terms.quorum', 9) where ${first}`,
    'request',
  ],
  ['a ticket of nobody', `update runs set ticket = '{}' where workflow_id = '${workflowIdOf(1)}'`, 'run'],
  [
    'a ticket of somebody else',
    `update runs set ticket = json_set(ticket, '$.body.principal', 'zoe') where workflow_id = '${workflowIdOf(1)}'`,
    'run',
  ],
];

describe.each(changes)('%s', (_what, sql, part) => {
  beforeEach(() => {
    if (raw.prepare(sql).run().changes !== 1) throw new TypeError('no row was changed');
  });

  it.each(['', '?state=all', '?mayAnswer=true'])(
    'is named and keeps no other request from the list %s',
    async (query) => {
      const { status, body } = await world.call('GET', `/v1/approvals${query}`, { key });
      expect(status).toBe(200);
      expect((body['approvals'] as { nonce: string }[]).map(({ nonce }) => nonce)).toEqual([nonceOf(2)]);
      expect(body['unreadable']).toEqual([
        {
          nonce: nonceOf(1),
          approvalId: asks[0]?.approvalId,
          workflowId: workflowIdOf(1),
          part,
          problem: expect.stringMatching(/ is not what /) as unknown,
        },
      ]);
    },
  );

  it.each(['approve', 'deny'])('takes no %s, and the others do', async (verdict) => {
    const vote = async (number: number) => {
      const cardDigest = asks[number - 1]?.ask.body.verdict === 'ask' ? cardDigestOf(number) : '';
      return await world.call('POST', `/v1/approvals/${nonceOf(number)}/votes`, { key, body: { verdict, cardDigest } });
    };
    const refused = await vote(1);
    expect(refused.body['code']).toMatch(/^(record|signature)-invalid$/);
    expect(refused.body['detail']).toContain(nonceOf(1));
    const stored = raw.prepare(`select principal from votes where ${first}`).all();
    expect(stored).toEqual([{ principal: 'cat' }]);
    expect((await vote(2)).status).toBeLessThan(300);
  });

  it('is refused by its name where somebody looks at it alone', async () => {
    const { body } = await world.call('GET', `/v1/approvals/${nonceOf(1)}`, { key });
    expect(body['code']).toMatch(/^(record|signature)-invalid$/);
    expect(body['detail']).toContain(`approval request "${nonceOf(1)}"`);
  });
});

function cardDigestOf(number: number): string {
  const body = asks[number - 1]?.ask.body;
  return body?.verdict === 'ask' ? body.ask.cardDigest : '';
}

it('names no more than the columns say, cut', async () => {
  raw.prepare(`update asks set approval_id = ? where ${first}`).run('x'.repeat(5000));
  const { body } = await world.call('GET', '/v1/approvals', { key });
  expect(body['unreadable']).toMatchObject([{ approvalId: 'x'.repeat(200) }]);
});

it('is over with its run', async () => {
  raw.exec(`update asks set card = '{}' where ${first}`);
  raw.exec(`update runs set closed_at = 1, outcome = 'completed' where workflow_id = '${workflowIdOf(1)}'`);
  const { body } = await world.call('GET', '/v1/approvals', { key });
  expect(body['unreadable']).toBeUndefined();
});

it('a stored vote that was changed keeps no other from being sent, and is looked at once', async () => {
  await storeVote(2);
  raw.exec(`update votes set vote = '{}' where ${first}`);
  const resend = async () => await resendVotes(contextOf(world.options));
  expect(await resend()).toEqual({ signalled: 1, dropped: 1 });
  expect(world.door.signals.map(({ workflowId }) => workflowId)).toEqual([workflowIdOf(2)]);
  expect(await resend()).toEqual({ signalled: 0, dropped: 0 });
});

describe('telling of a request whose row was changed', () => {
  const told: string[] = [];
  const pager: NoticeChannel = {
    name: 'pager',
    reaches: [],
    request: ({ row }) => Promise.resolve(`at ${told.push(row.nonce)}`),
    alarm: () => Promise.resolve(),
    failureOf: () => ({ problem: 'no', retryAfterMs: null, isFinal: true }),
  };
  const card = () =>
    raw
      .prepare(`select card from asks where nonce = '${nonceOf(3)}'`)
      .pluck()
      .get() as string;
  const change = (to: string) => raw.prepare(`update asks set card = ? where nonce = '${nonceOf(3)}'`).run(to);
  /** As a gateway does, for so long. */
  const lookFor = async (minutes: number): Promise<void> => {
    for (let second = 0; second < minutes * 60; second += 10) {
      await keepNotices(contextOf(world.options), pager);
      world.clock.at += 10_000;
    }
  };
  const logged = () =>
    world.log
      .map((line) => JSON.parse(line) as { level: number; msg: string; code?: string; nonce?: string })
      .filter(({ msg }) => msg.startsWith('a request cannot be told of'));

  beforeEach(async () => {
    told.length = 0;
    await world.ask(3, { deadlineAt: world.clock.at + 3_600_000 });
  });

  it('is logged as an error once, tried with growing pauses, and told once the row is what it was', async () => {
    const before = card();
    change('{}');
    await lookFor(20);
    expect(logged()).toEqual([expect.objectContaining({ level: 50, nonce: nonceOf(3), code: 'record-invalid' })]);
    const [{ attempts } = { attempts: 0 }] = await world.store.noticesOf(nonceOf(3));
    expect(attempts).toBeGreaterThan(failingAttempts);
    expect(attempts).toBeLessThan(15);
    expect(told).not.toContain(nonceOf(3));
    change(before);
    await lookFor(5);
    expect(told).toContain(nonceOf(3));
  });

  it('is given up at last, and that is logged', async () => {
    change('{}');
    await lookFor(5 * 60);
    expect(logged().map(({ level }) => level)).toEqual([50, 50]);
    expect(await world.store.noticesOf(nonceOf(3))).toMatchObject([{ state: 'gave-up', problem: 'record-invalid' }]);
  });
});
