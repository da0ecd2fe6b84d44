/** What a policy decided, read again from the record of a real run: explained call by call, exported and replayed (P4). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { replayExport } from '../../audit/export/replay-export.ts';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { readRecordedCall } from '../../audit/recorded-call.ts';
import { replayRun } from '../../audit/replay-run.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { exportBytes, readBytes } from '../support/exported.ts';
import { audience, type Harness, type StartedRun, startHarness, testPolicy } from '../support/harness.ts';
import { runCli } from '../unit/cli/run-cli.ts';

const organisation = `version: 1
roles: { operator: {} }
approvals: { default: { approvers: { principals: [olga] }, deadline: 60s } }
layers: { teams: { sre: { agents: ["test*"] } } }
rules:
  - { id: all, effect: allow, tools: ["*"], reason: the layers below say what, labels: { untrusted: allow } }
  - { id: not-db, effect: deny, tools: [restart], reason: databases stay up, when: args.name == "db" }
`;
const team = organisation
  .replace(/layers:.*\n/u, '')
  .replace('not-db', 'not-till')
  .replace('"db"', '"till"');

let harness: Harness;
let run: StartedRun;
beforeAll(async () => {
  harness = await startHarness({ policy: testPolicy() });
  await layer('organisation', organisation, 'enforce');
  await layer('sre', team, 'enforce');
  await layer('sre', `${team}  - { id: nothing, effect: deny, tools: ["*"], reason: shadow }\n`, 'shadow');
  const call = (name: string, ofWhat: string) => ({ calls: [{ name, args: { name: ofWhat } }] });
  run = await harness.start([
    call('read_status', 'db'),
    call('restart', 'db'),
    call('restart', 'till'),
    call('no_such_tool', 'web'),
    call('send', 'web'),
    { text: 'Done.' },
  ]);
  await run.castVote(await run.ask());
  await run.result();
});
afterAll(() => harness.stop());

async function layer(name: string, text: string, mode: 'enforce' | 'shadow'): Promise<void> {
  const policyDigest = await harness.store.putBody(text);
  const order = { name, mode, policyDigest, by: 'pete', proposedBy: 'root' } as const;
  const kind = name === 'organisation' ? ('organisation' as const) : ('team' as const);
  const { proposedBy: _, by: __, ...proposal } = order;
  await harness.desk.control({ kind: 'policy-proposal', layer: kind, ...proposal, by: 'root' });
  await harness.desk.control({ kind: 'policy-layer', layer: kind, ...order });
}

async function explain(workflowId: string, call: string, ...more: string[]) {
  const { address, namespace } = harness.temporal;
  return await runCli(['policy', 'explain', '--run', workflowId, '--call', call, ...more], {
    environment: {
      COUNTERSIGN_STATE: harness.stateFolder,
      COUNTERSIGN_AUDIENCE: audience,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
    },
  });
}

it('P4 explains a recorded call by every layer that was asked, and says what the record does not hold', async () => {
  const denied = await explain(run.workflowId, '2.0');
  expect({ exit: denied.exit, stderr: denied.stderr }).toEqual({ exit: 0, stderr: '' });
  expect(denied.stdout).toMatch(/^decided: deny \(risk \w+\) by organisation\/not-db/u);
  expect(denied.stdout).toContain('deny restart (risk');
  expect(denied.stdout).toContain('decided by organisation');
  expect(denied.stdout).toMatch(/organisation: deny[\s\S]*✓ deny +not-db +databases stay up/u);
  expect(denied.stdout).toMatch(/team:sre: allow[\s\S]*· deny +not-till +its condition is false/u);
  expect(denied.stdout).toContain('in shadow team:sre: deny by nothing');
  expect(denied.stdout).toContain("not recorded: the tool's own risk and tags: name the folder of the pack");
  expect(denied.stdout).not.toContain('the policies alone say');
  const asked = await explain(run.workflowId, '5.0', '--json');
  expect(JSON.parse(asked.stdout)).toMatchObject({
    decided: {
      verdict: 'allow',
      layers: [{ layer: 'pack' }, { layer: 'organisation' }, { layer: 'team', name: 'sre' }],
    },
    explained: { verdict: 'ask', tool: 'send', deciding: ['pack'] },
  });
  expect((await explain(run.workflowId, `${run.workflowId}/3.0`)).stdout).toContain('by team:sre/not-till');
});

it('P4 says the class of the tool that was called, not of another one with the same arguments', async () => {
  const sources = { store: harness.store, source: createServerSource(harness), registry: harness.keys.registry };
  const definitions = new Map(harness.pack.tools.list().map((tool) => [tool.definitionDigest, tool.definition]));
  const of = async (turn: number, known = {}) =>
    await readRecordedCall({ ...sources, ...known, audience, workflowId: run.workflowId, turn, index: 0 });
  expect((await of(1)).input).toMatchObject({ tool: { name: 'read_status', effect: 'read' }, args: { name: 'db' } });
  expect((await of(2)).input).toMatchObject({ tool: { name: 'restart', effect: 'idempotent' }, run: { calls: 1 } });
  expect((await of(2, { definitions })).notKnown).toHaveLength(2);
  expect((await of(2, { definitions: new Map() })).notKnown[0]).toContain('another definition');
});

it('P4 says so where no policy was asked, where there is no such call, no such run', async () => {
  const refused = await explain(run.workflowId, '4.0');
  expect(refused).toMatchObject({ exit: 0, stdout: expect.stringContaining('by unknown-tool') });
  expect(refused.stdout).toContain('no policy was asked');
  const missing = await explain(run.workflowId, '9.0');
  expect(missing).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('expected one of 1.0, 2.0, 3.0, 4.0, 5.0'),
  });
  expect(await explain('run-00000000-0000-4000-8000-000000000000', '1.0')).toMatchObject({ exit: 3 });
  expect(await explain(run.workflowId, 'three')).toMatchObject({ exit: 2 });
});

it('P4 explains a call of a run that is open, and refuses one whose decision does not verify', async () => {
  const open = await harness.start([{ calls: [{ name: 'send', args: { name: 'web' } }] }, { text: 'Done.' }]);
  await open.ask();
  expect(await explain(open.workflowId, '1.0')).toMatchObject({
    exit: 0,
    stdout: expect.stringMatching(/^decided: ask/u),
  });
  const { store, keys } = harness;
  const forging = {
    getRun: store.getRun.bind(store),
    listDecisions: async (workflowId: string) =>
      (await store.listDecisions(workflowId)).map((one) => ({ ...one, body: { ...one.body, risk: 'low' as const } })),
  };
  const query = { source: createServerSource(harness), registry: keys.registry, audience, workflowId: open.workflowId };
  await expect(readRecordedCall({ ...query, store: forging, turn: 1, index: 0 })).rejects.toMatchObject({
    code: 'record-invalid',
  });
  await open.castVote(await open.ask(), { verdict: 'deny', reason: 'no' });
  await open.result();
});

it('P4 a run with layers verifies, and so does its export, which holds the orders and proposals of its layers', async () => {
  const { door, store, keys } = harness;
  const bundle = await replayBundle(bundleFolder);
  const { workflowId } = run;
  const source = createServerSource({ door, store });
  const registry = keys.registry;
  const report = await replayRun({ workflowId, audience, bundle, registry, store, source });
  expect(report).toMatchObject({ verdict: 'verified', findings: [] });
  const read = await readBytes(await exportBytes({ door, keys, store }, workflowId));
  expect(
    read.controls.map(({ body }) => [body.kind, 'name' in body && body.name, 'mode' in body && body.mode]),
  ).toEqual([
    ['policy-proposal', 'organisation', 'enforce'],
    ['policy-layer', 'organisation', 'enforce'],
    ['policy-proposal', 'sre', 'enforce'],
    ['policy-layer', 'sre', 'enforce'],
    ['policy-proposal', 'sre', 'shadow'],
    ['policy-layer', 'sre', 'shadow'],
  ]);
  expect(read.bodies.size).toBeGreaterThanOrEqual(5);
  expect(await replayExport({ read, registry, audience, bundle })).toMatchObject({ verdict: 'verified', findings: [] });
  const without = { ...read, controls: read.controls.filter(({ body }) => body.kind !== 'policy-layer') };
  const { checks, verdict } = await replayExport({ read: without, registry, audience, bundle });
  expect(verdict).not.toBe('verified');
  expect(checks).toContainEqual(expect.objectContaining({ id: 'store-orders', result: 'failed' }));
});
