/**
 * What a gateway asks again and again for as long as it runs reads by an index, in the order that it wants: a look that walks or
 * sorts everything there ever was grows for ever. Read off SQLite's own plans of the store's own statements.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSqliteStore } from '../../../store/index.ts';
import type { Store } from '../../../store/store.ts';
import { nonceOf, someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-plans-'));
const file = join(folder, 'store', 'countersign.db');
let beside: Database.Database;

beforeAll(async () => {
  await (await openSqliteStore({ file })).close();
  beside = new Database(file);
});
afterAll(() => {
  beside.close();
  rmSync(folder, { recursive: true, force: true });
});

/** SQLite's steps of the statements that a look of the store consists of. */
async function plansOf(look: (store: Store) => Promise<unknown>): Promise<string[]> {
  const prepared = vi.spyOn(Database.prototype, 'prepare');
  // Its own: one that has looked before prepares nothing anew.
  const store = await openSqliteStore({ file });
  prepared.mockClear();
  await look(store);
  const asked = prepared.mock.calls.map(([text]) => text).filter((text) => text.startsWith('select'));
  prepared.mockRestore();
  await store.close();
  expect(asked).not.toEqual([]);
  return asked.flatMap((text) => {
    const values = Array.from({ length: text.split('?').length - 1 }, () => 1);
    const steps = beside.prepare(`explain query plan ${text}`).all(...values) as { detail: string }[];
    return steps.map(({ detail }) => detail);
  });
}

const due = { channel: 'slack', now: someTimeAt, limit: 20 };
const nonces = [nonceOf(1), nonceOf(2)];

describe('looks that are repeated for ever', () => {
  it.each<[string, (store: Store) => Promise<unknown>]>([
    ['notices by state', (store) => store.listNotices({ state: 'gave-up', limit: 20 })],
    ['notices that are due', (store) => store.noticesDue(due)],
    ['open requests', (store) => store.listAsks({ open: true, dueFrom: someTimeAt, limit: 20 })],
    ['requests of a run', (store) => store.listAsks({ workflowId: workflowIdOf(1), open: true, limit: 20 })],
    ['votes of requests', (store) => store.votesByNonces(nonces)],
    ['notices of requests', (store) => store.noticesOfAll(nonces)],
  ])('walk no table: %s', async (_name, look) => {
    const plans = await plansOf(look);
    expect(plans.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });

  it('walk only the index of what was not sent', async () => {
    const plans = await plansOf((store) => store.unsignalledVotes(20));
    expect(plans).toEqual([
      'SCAN votes USING INDEX votes_unsignalled',
      'SCAN withdrawals USING INDEX withdrawals_unsignalled',
    ]);
  });

  it.each<[string, (store: Store) => Promise<unknown>]>([
    ['all requests', (store) => store.listAsks({ limit: 20 })],
    ['runs', (store) => store.listRuns({ limit: 20 })],
    // Few, and which of them nobody was told of is one look by key for each.
    ['reviews that nobody was told of', (store) => store.reviewNoticesDue(due)],
  ])('walk a table in the order that is wanted: %s', async (_name, look) => {
    const plans = await plansOf(look);
    expect(plans.filter((step) => step.startsWith('SCAN') && !step.includes('USING INDEX'))).toEqual([]);
  });
});
