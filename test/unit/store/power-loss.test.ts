/**
 * Which writes wait for the disk. A write that may be lost with the power must leave nothing behind it that an effect, a vote
 * or an order rests on; the next write that waits takes it to the disk.
 */
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/index.ts';
import { runMigrations } from '../../../store/migrations/run-migrations.ts';
import { createSqlStore } from '../../../store/sql/create-sql-store.ts';
import type { SqlSession } from '../../../store/sql/session.ts';
import type { Tables } from '../../../store/sql/tables.ts';
import { ImmediateSqliteDialect } from '../../../store/sqlite/sqlite-dialect.ts';
import { createSqliteSession, type Synchronous } from '../../../store/sqlite/sqlite-session.ts';
import { anOutput, anyDigest, aReceipt, aVote, nonceOf, voteDigest } from '../../support/signed-objects.ts';
import { consumptionOf, decide, openRun, reserve, type Scene, start, voidStepOf } from './conformance/scene.ts';

describe('a write of the store', () => {
  let session: SqlSession;
  let store: Store;
  let database: Database.Database;
  /** What each commit waited for, in order. */
  const waits: Synchronous[] = [];
  let level: Synchronous = 'full';
  beforeAll(async () => {
    database = new Database(':memory:');
    const kysely = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(database) });
    const setSynchronous = (wanted: Synchronous): void => {
      expect(database.inTransaction).toBe(false);
      level = wanted;
    };
    session = createSqliteSession({
      kysely,
      file: null,
      busyTimeoutMs: 100,
      power: { synchronous: 'full', setSynchronous },
    });
    await session.write((queries) => runMigrations(queries, () => []));
    store = createSqlStore({
      read: (work) => session.read(work),
      write: async (work, scope) => {
        const result = await session.write(work, scope);
        waits.push(level);
        return result;
      },
      close: () => session.close(),
    });
  });
  afterAll(() => session.close());

  async function waitOf(write: () => Promise<unknown>): Promise<Synchronous | undefined> {
    waits.length = 0;
    await write();
    return waits.at(-1);
  }
  const read = (scene: Scene, turn: number, labels: ('untrusted' | 'secret')[]) => {
    const callKey = scene.callKey(turn);
    const permitDigest = anyDigest(`read ${callKey}`);
    const receipt = aReceipt({ callKey }, permitDigest);
    return store.recordReceipt({ permitDigest, receipt, output: anOutput(), labels, turn });
  };

  it('that permits without asking anybody may be lost; asks, denials and approved permits may not', async () => {
    const scene = await openRun(store);
    expect(waits.at(-1)).toBe('full');
    const nonce = nonceOf(scene.nonce);
    const closes = { nonce, outcome: 'approved' as const, at: 1 };
    expect(await waitOf(() => decide(store, scene, scene.callKey(1)))).toBe('normal');
    expect(await waitOf(() => decide(store, scene, scene.callKey(2), { verdict: { ask: nonce } }))).toBe('full');
    expect(await waitOf(() => decide(store, scene, scene.callKey(3), { verdict: 'deny' }))).toBe('full');
    expect(await waitOf(() => decide(store, scene, scene.callKey(4), { closes }))).toBe('full');
  });

  it('that counts what a model call took may be lost, and the next one that waits takes it along', async () => {
    const { workflowId } = await openRun(store);
    const usage = { workflowId, model: 'a-model', input: 10, output: 1 };
    expect(await waitOf(() => store.addModelUsage(usage))).toBe('normal');
  });

  it('that reserves may be lost, that lets the effect start may not, nor that which says what became of it', async () => {
    const scene = await openRun(store);
    const [done, given] = [scene.callKey(1), scene.callKey(2)];
    expect(await waitOf(() => reserve(store, scene, done))).toBe('normal');
    expect(await waitOf(() => start(store, done))).toBe('full');
    expect(await waitOf(() => store.consumeFence(consumptionOf(done)))).toBe('full');
    expect(await waitOf(() => store.voidFence(voidStepOf(scene, given)))).toBe('full');
  });

  it('that records something read may be lost only where an earlier turn has brought the same labels for good', async () => {
    const scene = await openRun(store);
    expect(await waitOf(() => read(scene, 1, ['untrusted']))).toBe('full');
    expect(await waitOf(() => read(scene, 2, ['untrusted']))).toBe('normal');
    expect(await waitOf(() => read(scene, 3, ['untrusted', 'secret']))).toBe('full');
    expect(await waitOf(() => read(scene, 4, ['secret']))).toBe('normal');
    const other = await openRun(store);
    expect(await waitOf(() => read(other, 5, ['untrusted']))).toBe('full');
  });

  it('that notes that a vote was sent, or takes a notice to be told, may be lost; a vote and what was told may not', async () => {
    const scene = await openRun(store);
    const nonce = nonceOf(scene.nonce);
    await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
    const vote = aVote(nonce, 'bob');
    expect(await waitOf(() => store.storeVote(vote, voteDigest(vote)))).toBe('full');
    expect(await waitOf(() => store.markVoteSignalled(voteDigest(vote)))).toBe('normal');
    const due = await store.noticesDue({ channel: 'test', now: 0, limit: 10_000 });
    const notice = due.find((one) => one.nonce === nonce);
    if (!notice) throw new TypeError('not due');
    expect(await waitOf(() => store.takeNotice(notice, 100))).toBe('normal');
    expect(await waitOf(() => store.saveNotice({ ...notice, state: 'told', toldAt: 1 }))).toBe('full');
  });

  it('of the same turn does not stand for another one: the gate leaves out the labels of the turn itself', async () => {
    const scene = await openRun(store);
    expect(await waitOf(() => read(scene, 7, ['untrusted']))).toBe('full');
    const permitDigest = anyDigest(`second read ${scene.callKey(7)}`);
    const receipt = aReceipt({ callKey: scene.callKey(7, 1) }, permitDigest);
    const record = { permitDigest, receipt, output: anOutput(), labels: ['untrusted' as const], turn: 7 };
    expect(await waitOf(() => store.recordReceipt(record))).toBe('full');
  });
});
