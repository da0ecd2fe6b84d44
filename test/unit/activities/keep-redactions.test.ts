/** Keeping what redaction took out: off by default, sealed, once, bounded, and never a reason for a text to change or a run to stop. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeepRedactions, type LostRedactions } from '../../../activities/keep-redactions.ts';
import { createRedact } from '../../../activities/redact-for-run.ts';
import type { Redaction } from '../../../core/contracts/redaction.ts';
import { CountersignError } from '../../../core/errors.ts';
import { redactionKeyOf } from '../../../keys/index.ts';
import { openSqliteStore, type Store } from '../../../store/index.ts';
import { someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';

const key = redactionKeyOf(new Uint8Array(32).fill(7));
const markKey = new Uint8Array(32).fill(1);
const workflowId = workflowIdOf(1);
// Built here, so that no scanner finds a token in this file.
const secretOf = (at: number): string => `ghp_${String(at).padStart(4, '0')}${'aB3dE5gH'.repeat(4)}`;

let store: Store;
let lost: LostRedactions[];
beforeEach(async () => {
  [store, lost] = [await openSqliteStore({ file: ':memory:' }), []];
});
afterEach(() => store.close());

function redactKeeping(into: Pick<Store, 'keepRedactions'> = store, run = workflowId) {
  const report = (one: LostRedactions): void => void lost.push(one);
  const keep = createKeepRedactions({ store: into, key, clock: { now: () => someTimeAt }, report });
  return createRedact(markKey, () => run, keep);
}

async function keptRows(): Promise<Redaction[]> {
  return await store.listRedactions({ workflowId, limit: 10_000 });
}

describe('what redaction took out', () => {
  it('is gone by default', async () => {
    const redacted = await createRedact(markKey, () => workflowId)(`token ${secretOf(1)}`);
    expect(redacted.text).toMatch(/^token \[secret:github-token:[0-9a-f]{4}\]$/u);
    expect(await keptRows()).toEqual([]);
  });

  it('is kept sealed under the mark that stands in the text, and what is handed on is the same as without', async () => {
    const text = `first ${secretOf(1)}, then ${secretOf(2)}, then ${secretOf(1)}`;
    const redacted = await redactKeeping()(text);
    expect(redacted).toEqual(await createRedact(markKey, () => workflowId)(text));
    expect(JSON.stringify(redacted)).not.toContain(secretOf(1));
    const rows = await keptRows();
    expect(JSON.stringify(rows)).not.toContain(secretOf(1).slice(0, 12));
    const opened = rows.map((row) => [`[secret:${row.mark}]`, key.open(row)] as const);
    expect(opened).toHaveLength(2);
    for (const [mark, one] of opened) {
      if (one.kind !== 'opened') throw new TypeError('it does not open');
      const at = text.split(/[ ,]+/u).indexOf(one.secret);
      expect(redacted.text.split(/[ ,]+/u)[at]).toBe(mark);
    }
  });

  it('is written once, however often it is met', async () => {
    let writes = 0;
    const counting = { keepRedactions: (rows: readonly Redaction[]) => ((writes += 1), store.keepRedactions(rows)) };
    const redact = redactKeeping(counting);
    for (let turn = 0; turn < 5; turn += 1) await redact(`token ${secretOf(1)}`);
    expect(writes).toBe(1);
    // A worker that started anew does not know, and the row that is there stays.
    const before = await keptRows();
    await redactKeeping()(`token ${secretOf(1)}`);
    expect(await keptRows()).toEqual(before);
  });

  it('that cannot be stored is told without the secret, the text is redacted all the same, and the next one tries again', async () => {
    const fault = new CountersignError('store-unavailable', 'Cannot reach the store');
    const redacted = await redactKeeping({ keepRedactions: () => Promise.reject(fault) })(`token ${secretOf(1)}`);
    expect(redacted.text).toMatch(/^token \[secret:/u);
    expect(lost).toEqual([{ workflowId, count: 1, because: 'not-stored', code: 'store-unavailable' }]);
    let attempts = 0;
    const once = {
      keepRedactions: (rows: readonly Redaction[]) =>
        (attempts += 1) === 1 ? Promise.reject(fault) : store.keepRedactions(rows),
    };
    const redact = redactKeeping(once);
    await redact(`token ${secretOf(1)}`);
    await redact(`token ${secretOf(1)}`);
    expect(await keptRows()).toHaveLength(1);
  });

  it('is at most a thousand of a run, so that an output of nothing but secrets does not fill the store', async () => {
    const redact = redactKeeping();
    const many = (from: number): string =>
      Array.from({ length: 600 }, (_, at) => `t ${secretOf(from + at)}`).join('\n');
    await redact(many(0));
    await redact(many(600));
    expect(await keptRows()).toHaveLength(1000);
    expect(lost).toEqual([{ workflowId, count: 200, because: 'too-many' }]);
  });

  it('outside a run is not kept', async () => {
    await redactKeeping(store, '')(`token ${secretOf(1)}`);
    expect(await store.listRedactions({ workflowId: '', limit: 10 })).toEqual([]);
    expect(lost).toEqual([]);
  });
});
