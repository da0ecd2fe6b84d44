/**
 * Two gateways and a worker for each role (two for the gate) on one Postgres store, each with its own login and its own
 * keys, as several machines would run them. kill -9 of one of each kind in the middle; every run ends, each effect once (P3, P5).
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import { createDatabase, type PostgresDatabase } from '../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type ScriptedModel, startScriptedModel, type Step } from '../support/scripted-model.ts';
import {
  answer,
  type DeployedGateway,
  type DeployedProcess,
  type Deployment,
  prepareDeployment,
} from '../support/split-deployment.ts';
import { gatewayPollMs, until } from '../support/until.ts';

const patienceMs = 90_000;

const pack = join(import.meta.dirname, 'cli-pack');
const workerRoles = ['agent', 'model', 'tools', 'notify', 'record'] as const;

let folder: string;
let effectsFile: string;
let server: PostgresServer;
let database: PostgresDatabase;
let model: ScriptedModel;
let deployment: Deployment;
const gateways = new Map<'east' | 'west', DeployedGateway>();
const workers = new Map<string, DeployedProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-split-'));
  effectsFile = join(folder, 'effects.log');
  server = await startPostgres();
  database = await createDatabase(server);
  model = await startScriptedModel();
  deployment = await prepareDeployment({
    folder,
    pack,
    database,
    temporal: inject('temporal'),
    modelURL: model.baseURL,
    environment: { COUNTERSIGN_TEST_EFFECTS: effectsFile },
  });
  // Both at once: they activate the same pack on the same empty store.
  await Promise.all([
    ...(['east', 'west'] as const).map(async (name) => gateways.set(name, await deployment.startGateway(name))),
    ...[...workerRoles, 'agent-2' as const].map(startWorker),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([...gateways.values(), ...workers.values()].map((one) => one.stop()));
  await model.stop();
  await server.stop();
  await database.dispose();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('P5 kill -9 of one of each kind in the middle: every run ends, each effect once', async () => {
  const restart = (name: string): Step[] => [
    { calls: [{ name: 'read_status', args: { name } }] },
    { calls: [{ name: 'restart', args: { name } }] },
    { text: `${name} was restarted.` },
  ];
  // Waiting for votes, in the middle of an effect, in the middle of a model call.
  const asking = await Promise.all([
    start('east', 'alpha', restart('alpha')),
    start('west', 'beta', restart('beta')),
    start('east', 'gamma', restart('gamma')),
  ]);
  const sending = await start('west', 'delta', [
    { calls: [{ name: 'send', args: { name: 'delta' } }] },
    { text: 'delta was told.' },
  ]);
  const silent = await start('east', 'omega', [{ silence: true }, ...restart('omega')]);
  const [first] = await Promise.all([
    openAsk('west', asking[0] ?? ''),
    ...asking.slice(1).map((run) => openAsk('east', run)),
  ]);
  // Asked at one gateway, answered at the other.
  await approve('east', await openAsk('east', sending));
  await until('the message to be sent', async () => (await effects()).some((line) => line.startsWith('send delta')));
  await until('the model to be asked', () => model.requests('look after omega').length > 0);
  await approve('west', first);
  expect(await loginsInUse()).toEqual(['agent', 'gateway', 'model', 'notify', 'record', 'tools']);

  await Promise.all([gateways.get('east')?.kill(), ...workerRoles.map((name) => workers.get(name)?.kill())]);
  // With the other gateway and the other agent worker alone, votes are taken.
  await approve('west', await openAsk('west', asking[1] ?? ''));
  await Promise.all([
    deployment.startGateway('east').then((gateway) => gateways.set('east', gateway)),
    ...workerRoles.map(startWorker),
  ]);
  await approve('east', await openAsk('east', asking[2] ?? ''));
  await approve('east', await openAsk('west', silent));
  await answer(effectsFile, 'delta');

  for (const run of [...asking, sending, silent]) expect(await outcome(run)).toBe('completed');
  const lines = (await effects()).map((line) => line.split(' ').slice(0, 2).join(' '));
  expect(lines.toSorted()).toEqual(['restart alpha', 'restart beta', 'restart gamma', 'restart omega', 'send delta']);
}, 120_000);

test('P4 somebody who may only read looks into things and replays runs from another place', async () => {
  const { stdout } = await deployment.audit('doctor', '--json');
  const stored = { name: 'Store', ok: true, detail: expect.stringContaining('_audit') as string };
  expect(JSON.parse(stdout)).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining(stored)]) as unknown,
  });
  const { runs } = await gateway('east').client.runs.list();
  expect(runs).toHaveLength(5);
  for (const { workflowId } of runs.slice(0, 2)) {
    const replayed = await deployment.audit('replay', workflowId, '--json');
    expect(replayed.exit, replayed.stdout + replayed.stderr).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ verdict: 'verified' });
  }
}, 60_000);

test('a freeze at one gateway stops what was approved at the other, and a thaw lets it go on', async () => {
  const run = await start('west', 'zeta', [
    { calls: [{ name: 'restart', args: { name: 'zeta' } }] },
    { text: 'Done.' },
  ]);
  const ask = await openAsk('west', run);
  await gateway('east').client.fleet.freeze('a test of freezing');
  await approve('west', ask);
  await until(
    'the run to hold',
    async () => {
      const { live } = await gateway('west').client.runs.get(run);
      return JSON.stringify(live).includes('frozen');
    },
    patienceMs,
    gatewayPollMs,
  );
  expect((await effects()).filter((line) => line.includes('zeta'))).toEqual([]);
  await gateway('west').client.fleet.thaw('the test is over');
  await until(
    'the run to end or ask again',
    async () => {
      const [again] = (await gateway('east').client.approvals.list({ state: 'open', workflowId: run })).approvals;
      if (again && again.nonce !== ask.nonce) await approve('east', again);
      return (await gateway('east').client.runs.get(run)).run.outcome;
    },
    patienceMs,
    gatewayPollMs,
  );
  expect((await effects()).filter((line) => line.includes('zeta'))).toHaveLength(1);
}, 60_000);

function gateway(name: 'east' | 'west'): DeployedGateway {
  const found = gateways.get(name);
  if (!found) throw new Error(`no gateway ${name}`);
  return found;
}

async function startWorker(name: (typeof workerRoles)[number] | 'agent-2'): Promise<void> {
  workers.set(name, await deployment.startWorker(name === 'agent-2' ? 'agent' : name, name));
}

async function start(at: 'east' | 'west', key: string, steps: readonly Step[]): Promise<string> {
  const input = `look after ${key}`;
  model.script(input, steps);
  return (await gateway(at).client.runs.start({ agent: 'cli-tester', input })).workflowId;
}

async function openAsk(at: 'east' | 'west', workflowId: string): Promise<ApprovalView> {
  return await until(
    `an open request of ${workflowId}`,
    async () => {
      return (await gateway(at).client.approvals.list({ state: 'open', workflowId })).approvals[0];
    },
    patienceMs,
    gatewayPollMs,
  );
}

async function approve(at: 'east' | 'west', { nonce, cardDigest }: ApprovalView): Promise<void> {
  const vote = await gateway(at).client.approvals.vote(nonce, { verdict: 'approve', cardDigest });
  expect(['applied', 'checking', 'recorded', 'duplicate']).toContain(vote.status);
}

/** Approves again what a kill before the effect put back to the people. */
async function outcome(workflowId: string): Promise<string> {
  return await until(
    `the end of ${workflowId}`,
    async () => {
      const { run, live } = await gateway('west').client.runs.get(workflowId);
      if (live?.state === 'waiting-for-approval') await approve('west', await openAsk('west', workflowId));
      return run.outcome;
    },
    patienceMs,
    gatewayPollMs,
  );
}

async function effects(): Promise<string[]> {
  return (await readFile(effectsFile, 'utf8').catch(() => '')).split('\n').filter(Boolean);
}

/** Roles that hold connections to the store now. */
async function loginsInUse(): Promise<string[]> {
  const { rows } = await database.execute(
    "select distinct usename from pg_stat_activity where application_name = 'countersign' order by 1",
  );
  return (rows as { usename: string }[]).map(({ usename }) => usename.slice(usename.lastIndexOf('_') + 1));
}
