/** `countersign setup` against a real server: what is missing is made once, what is there stays, and a look changes nothing. */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { openTemporalDoor } from '../../client/temporal-door.ts';
import { hasSearchAttribute, readNamespace } from '../../client/namespace.ts';
import { loadOrCreateKeys, readRegistry } from '../../keys/index.ts';
import { openStore } from '../../store/index.ts';
import { type ProgramResult, runProgram } from '../support/program.ts';
import { startTestWorker, testPack } from '../support/test-worker.ts';

const said = z.object({
  ok: z.boolean(),
  steps: z.array(z.object({ name: z.string(), state: z.string(), detail: z.string(), remedy: z.string().optional() })),
});
const namespace = `set-up-${crypto.randomUUID()}`;
const pack = join(import.meta.dirname, 'cli-pack');
const domains = ['ticket', 'decision', 'vote', 'receipt', 'control'] as const;

let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-setup-'));
  environment = {
    COUNTERSIGN_STATE: join(folder, 'state'),
    COUNTERSIGN_KEY_REGISTRY_FILE: join(folder, 'registry', 'registry.json'),
    TEMPORAL_ADDRESS: inject('temporal').address,
    TEMPORAL_NAMESPACE: namespace,
    ...Object.fromEntries(domains.map((domain) => [variable(domain), keyFile(domain)])),
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('a look says what is missing, changes nothing, and ends with 1', async () => {
  const { exit, steps } = await setup('--check');
  expect(exit).toBe(1);
  expect(states(steps)).toEqual({ 'Signing keys': 'missing', Store: 'missing', Namespace: 'missing' });
  for (const { remedy } of steps) expect(remedy).toContain('setup');
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['worker', pack],
  ['gateway', pack, '--port', '0'],
  ['dev', pack, '--no-engine', '--port', '0'],
  ['replay', `run-${crypto.randomUUID()}`],
  ['doctor'],
])(
  '%s in a namespace that the server does not know names it and what to run, and no store is made',
  async (...argv) => {
    const state = await mkdtemp(join(folder, 'unknown-'));
    const { TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '' } = environment;
    const settings = { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, OPENAI_API_KEY: 'of-nobody', COUNTERSIGN_STATE: state };
    if (argv[0] === 'replay') await loadOrCreateKeys({ folder: join(state, 'keys'), domains, clock: Date });
    const { exit, stdout, stderr } = await runProgram(argv, settings);
    expect(stdout + stderr).toContain(`the server does not know namespace "${namespace}"`);
    expect(stdout + stderr).toContain('countersign setup');
    expect(exit).toBe(argv[0] === 'doctor' ? 1 : 2);
    expect(existsSync(join(state, 'store'))).toBe(false);
    expect(existsSync(join(state, 'gateway.json'))).toBe(false);
    await rm(state, { recursive: true });
  },
);

test('a worker that a program of one’s own starts in such a namespace is refused with a code', async () => {
  const state = await mkdtemp(join(folder, 'own-'));
  const { address } = inject('temporal');
  const door = await openTemporalDoor({ address, namespace });
  const store = await openStore({ kind: 'sqlite', file: ':memory:' });
  const keys = await loadOrCreateKeys({ folder: join(state, 'keys'), domains, clock: Date });
  const taskQueues = { agent: 'q', model: 'q', tools: 'q', notify: 'q', record: 'q' };
  const started = startTestWorker({
    folder: state,
    address,
    taskQueues,
    modelURL: 'http://127.0.0.1:1',
    door,
    store,
    keys,
    pack: testPack(state),
    settings: { roles: ['tools'] },
  });
  await expect(started).rejects.toMatchObject({
    code: 'server-unavailable',
    message: expect.stringContaining(`in namespace "${namespace}"`) as unknown,
  });
  await door.close();
  await store.close();
  await rm(state, { recursive: true });
});

test('what is missing is made: each key at its own path, the store, the namespace with its retention', async () => {
  const { exit, steps, result } = await setup('--retention-days', '3');
  expect(exit, result.stdout).toBe(0);
  const all = ['Signing keys', 'Store', 'Namespace', 'Search attribute'];
  expect(states(steps)).toEqual(Object.fromEntries(all.map((name) => [name, 'made'])));
  for (const domain of domains) expect(statSync(keyFile(domain)).mode & 0o777).toBe(0o600);
  const registered = readRegistry(environment['COUNTERSIGN_KEY_REGISTRY_FILE'] ?? '').map(({ domain }) => domain);
  expect(registered.toSorted()).toEqual([...domains].toSorted());
  expect(result.stdout + result.stderr).not.toContain('PRIVATE KEY');
  const door = await openTemporalDoor({ address: inject('temporal').address, namespace });
  try {
    expect(await readNamespace(door.client, namespace)).toEqual({ retentionDays: 3 });
    expect(await hasSearchAttribute(door.client, namespace)).toBe(true);
  } finally {
    await door.close();
  }
}, 120_000);

test('a second time nothing changes, and a look finds everything', async () => {
  const before = domains.map((domain) => readFileSync(keyFile(domain), 'utf8'));
  for (const argv of [[], ['--check']]) {
    const { exit, steps } = await setup(...argv);
    expect(exit).toBe(0);
    expect(new Set(steps.map(({ state }) => state))).toEqual(new Set(['ok']));
  }
  expect(domains.map((domain) => readFileSync(keyFile(domain), 'utf8'))).toEqual(before);
});

test('a retention asked for is set, and a look says that it is another', async () => {
  const only = ['--only', 'temporal', '--retention-days', '5'];
  expect((await setup('--check', ...only)).exit).toBe(1);
  const { exit, steps } = await setup(...only);
  expect({ exit, states: states(steps) }).toEqual({ exit: 0, states: { Namespace: 'made', 'Search attribute': 'ok' } });
});

test('a key that was lost is made anew beside the others, and its successor is registered', async () => {
  rmSync(keyFile('vote'));
  const look = await setup('--check', '--only', 'keys');
  expect(look).toMatchObject({ exit: 1, steps: [{ state: 'missing', detail: 'no vote' }] });
  expect((await setup('--only', 'keys')).exit).toBe(0);
  expect(readRegistry(environment['COUNTERSIGN_KEY_REGISTRY_FILE'] ?? '')).toHaveLength(domains.length + 1);
});

test('a lost registry beside keys is not made anew: every revocation was in it', async () => {
  const registry = environment['COUNTERSIGN_KEY_REGISTRY_FILE'] ?? '';
  const text = readFileSync(registry, 'utf8');
  rmSync(registry);
  expect(await setup('--only', 'keys')).toMatchObject({ exit: 6, steps: [{ state: 'failed' }] });
  rmSync(keyFile('vote'));
  const { exit, steps } = await setup('--only', 'keys');
  expect({ exit, step: steps[0] }).toMatchObject({ exit: 6, step: { state: 'failed' } });
  expect(steps[0]?.detail).toContain('it is missing beside keys');
  expect(existsSync(registry)).toBe(false);
  writeFileSync(registry, text, { mode: 0o644 });
  expect((await setup('--only', 'keys')).exit).toBe(0);
});

test('a key that others may read is refused, and the other parts are looked at all the same', async () => {
  chmodSync(keyFile('ticket'), 0o644);
  const { exit, steps } = await setup();
  expect(exit).toBe(6);
  expect(states(steps)).toMatchObject({ 'Signing keys': 'failed', Store: 'ok', Namespace: 'ok' });
  chmodSync(keyFile('ticket'), 0o600);
});

test('a server that is away is said to be that', async () => {
  const { exit, steps } = await setup('--only', 'temporal', '--temporal', '127.0.0.1:1');
  expect({ exit, step: steps[0] }).toMatchObject({ exit: 6, step: { name: 'Temporal', state: 'failed' } });
  expect(steps[0]?.detail).toContain('ECONNREFUSED');
});

async function setup(
  ...argv: string[]
): Promise<z.infer<typeof said> & { exit: number | null; result: ProgramResult }> {
  const result = await runProgram(['setup', ...argv, '--json'], environment);
  return { ...said.parse(JSON.parse(result.stdout)), exit: result.exit, result };
}

function states(steps: z.infer<typeof said>['steps']): Record<string, string> {
  return Object.fromEntries(steps.map(({ name, state }) => [name, state]));
}

function keyFile(domain: string): string {
  return join(folder, 'keys', domain, 'key');
}

function variable(domain: string): string {
  return `COUNTERSIGN_KEY_${domain.toUpperCase()}_FILE`;
}
