/**
 * P4 Attacks on an exported run by somebody who holds the export key and no other: each changes one thing and signs the file anew.
 * The campaign `record-mutations` draws hundreds over all fields; these are the ones that matter, by name.
 */
import { beforeAll, expect, inject, it } from 'vitest';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { readExport } from '../../audit/export/read-export.ts';
import { replayExport } from '../../audit/export/replay-export.ts';
import { judge, sealed } from '../campaigns/record-mutations/judge.ts';
import { type MutableRun, playAndExport } from '../campaigns/record-mutations/runs.ts';
import { fieldOf, jsonAt, sitesOf, valueAt } from '../campaigns/record-mutations/sites.ts';
import { replaceAt } from '../campaigns/record-mutations/mutate.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { chunksOf } from '../support/exported.ts';

let bundle: WorkflowBundle;
let run: MutableRun;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
  run = await playAndExport('approve', inject('temporal'));
});

it('P4 the untouched export is found to be whole', async () => {
  expect(await judge(run, run.parts, bundle)).toEqual({ kind: 'missed' });
});

const attacks: [name: string, where: string, field: string, value: unknown, by: RegExp][] = [
  [
    'the card that an approver saw shows other arguments',
    'card',
    'card: arguments',
    '{"name":"tests"}',
    /store-cards|export-named/,
  ],
  ['the card shows another requester', 'card', 'card: requester', 'mallory', /store-cards|export-named/],
  ['a vote is turned into an approval by somebody else', 'vote', 'vote.body.principal', 'mallory', /store-votes/],
  ['a decision of the store says another verdict', 'decision ask', 'decision.body.risk', 'low', /store-decisions/],
  ['the ledger says that another tool was to be started', 'ledger intent', 'body.tool', 'read_status', /store-ledger/],
  ['the ledger says that another approval was used', 'ledger intent', 'body.nonce', null, /store-ledger/],
  ['the ledger says that it happened in another epoch', 'ledger intent', 'body.runEpoch', 1, /store-ledger/],
  [
    'a receipt in the ledger says that it failed',
    'ledger receipt',
    'body.receipt.body.outcome',
    'failed',
    /receipt-signature/,
  ],
  ['the ledger drops the label of an output', 'ledger receipt', 'body.labels[]', 'operator', /store-ledger/],
  ['the ledger says that the run ended otherwise', 'ledger run-closed', 'body.outcome', 'failed', /store-ledger/],
  ['the gate key is replaced by another', 'key decision', 'key.publicKey', 'A'.repeat(43), /export-keys/],
  ['a key is said to have been revoked', 'key decision', 'key.revokedAt', 1, /export-keys/],
  [
    'the model’s answer is another',
    'event ACTIVITY_TASK_COMPLETED callModel',
    'result: message.text',
    'I do nothing.',
    /callModel|result of the run|input/,
  ],
  [
    'a tool’s output is another',
    'event ACTIVITY_TASK_COMPLETED runTool',
    'result: output.text',
    'all is well',
    /receipt-output/,
  ],
  [
    'the arguments of an execution are others',
    'event ACTIVITY_TASK_SCHEDULED runTool',
    'input: arguments',
    '{"name":"x"}',
    /permit-arguments/,
  ],
  [
    'a time limit is another than the code asks for',
    'event ACTIVITY_TASK_SCHEDULED callModel',
    'startToCloseTimeout',
    '1s',
    /options of "callModel"/,
  ],
  [
    'a step says that it was something else',
    'event ACTIVITY_TASK_SCHEDULED runTool',
    'userMetadata.summary.data',
    'read only',
    /options of "runTool"/,
  ],
  [
    'a worker’s note says that the gate was asked twice',
    'event MARKER_RECORDED checkCall',
    'details.data: attempt',
    2,
    /shape/,
  ],
  [
    'an event is a day older',
    'event ACTIVITY_TASK_SCHEDULED runTool',
    'eventTime',
    '2020-01-01T00:00:00Z',
    /history-order/,
  ],
  [
    'a result belongs to another call',
    'event ACTIVITY_TASK_COMPLETED runTool',
    'scheduledEventId',
    '6',
    /history-order|chain/,
  ],
  [
    'the run was opened with other limits',
    'event MARKER_RECORDED openRun',
    'details.result: limits.turns',
    9999,
    /ticket/,
  ],
];

it.each(attacks)('P4 an export in which %s is found', async (_name, where, field, value, by) => {
  const site = sitesOf(run.parts).find((one) => one.where === where && one.field === field);
  if (!site) throw new TypeError(`the run has no ${where}: ${field}`);
  const verdict = await judge(run, replaceAt(run.parts, site, value), bundle);
  expect(verdict).toMatchObject({ kind: 'found', name: expect.stringMatching(by) as string });
});

it.each([
  ['decision', /store-decisions|store-ledger|export-named/],
  ['card', /store-cards/],
  ['vote', /store-votes/],
  ['ledger', /store-/],
  ['body', /store-bodies/],
  ['key', /export-named/],
  ['link', /^/],
])('P4 an export without one of its parts "%s" is found', async (kind, by) => {
  const index = run.parts.findIndex((part) => valueAt(part, ['part']) === kind);
  expect(index).toBeGreaterThanOrEqual(0);
  const verdict = await judge(run, run.parts.toSpliced(index, 1), bundle);
  expect(verdict).toMatchObject({ kind: 'found', name: expect.stringMatching(by) as string });
});

it('P4 a part that was changed in its place is read, and named with its line', async () => {
  const lines = Buffer.from(sealed(run, run.parts)).toString('utf8').split('\n');
  const at = lines.findIndex((line) => line.includes('"part":"decision"'));
  const [one = '', other = ''] = lines.slice(at, at + 2);
  expect(other).toContain('"part":"decision"');
  const swapped = Buffer.from(lines.toSpliced(at, 2, other, one).join('\n'));
  const read = await readExport(chunksOf(swapped), 'swapped.jsonl');
  const report = await replayExport({ read, registry: run.registry, audience: null, bundle });
  const failed = report.checks.filter(({ result }) => result === 'failed');
  expect(failed.map(({ id }) => id)).toEqual(['export-digest', 'export-order']);
  expect(failed[1]?.reason).toBe(`the decision in line ${at + 2} has another digest than it was written with`);
});

it('P4 an export whose history is gone is incomplete, and what the store signed off is verified all the same', async () => {
  const left = run.parts.filter((part) => !['link', 'event'].includes(String(valueAt(part, ['part']))));
  const read = await readExport(chunksOf(sealed(run, left)), 'left.jsonl');
  const report = await replayExport({ read, registry: run.registry, audience: null, bundle });
  expect(report).toMatchObject({ links: 0, verdict: 'incomplete', findings: [] });
  expect(report.checks.filter(({ result }) => result === 'failed')).toEqual([]);
  expect(report.checks.find(({ id }) => id === 'ended')?.result).toBe('not-checked');
  expect(report.checks.find(({ id }) => id === 'store-decisions')?.checked).toBeGreaterThan(0);
});

it('P4 an export without keys from outside is never verified, and one with the keys of others differs', async () => {
  const read = await readExport(chunksOf(sealed(run, run.parts)), 'own.jsonl');
  const own = await replayExport({ read, registry: null, audience: null, bundle });
  expect(own).toMatchObject({ verdict: 'incomplete', export: { keys: 'file' } });
  expect(own.checks.filter(({ result }) => result === 'failed')).toEqual([]);
  const others = { keyByKid: () => undefined, verify: () => true };
  expect(await replayExport({ read, registry: others, audience: null, bundle })).toMatchObject({ verdict: 'differs' });
  const elsewhere = await replayExport({ read, registry: run.registry, audience: 'somebody else', bundle });
  expect(elsewhere.checks.find(({ id }) => id === 'export-signature')?.result).toBe('failed');
});

it('every field of every part has a name by which it can be changed', () => {
  const sites = sitesOf(run.parts);
  expect(sites.length).toBeGreaterThan(1000);
  for (const { part, outer, inner, field } of sites) {
    const root = inner === null ? run.parts[part] : jsonAt(run.parts[part], outer);
    expect(root).toBeDefined();
    expect(field).toContain(inner === null || inner.length === 0 ? fieldOf(outer) : fieldOf(inner));
  }
});
