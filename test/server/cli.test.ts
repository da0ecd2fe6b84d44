/**
 * The real program with everything it starts: an engine, a worker and a gateway of its own on an empty state folder, driven
 * through the command line alone. Effects are counted on disk. The tests of this file follow one another.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { placeBundles } from '../support/bundle-folder.ts';
import { type ProgramResult, runProgram, type StartedProgram, startProgram } from '../support/program.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { until } from '../support/until.ts';

const pack = join(import.meta.dirname, 'cli-pack');
const started = z.object({ workflowId: z.string() });
const listed = z.object({ approvals: z.array(z.object({ nonce: z.string(), tool: z.string() })) });

let folder: string;
let state: string;
let environment: Record<string, string>;
let model: ScriptedModel;
let dev: StartedProgram;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-program-'));
  state = join(folder, 'state');
  await placeBundles(state);
  model = await startScriptedModel();
  environment = {
    COUNTERSIGN_STATE: state,
    COUNTERSIGN_DRAIN_MS: '2000',
    COUNTERSIGN_TEST_EFFECTS: join(folder, 'effects.log'),
    OPENAI_BASE_URL: model.baseURL,
  };
  dev = startProgram(['dev', pack, '--port', '0', '--json'], environment);
  await dev.firstLine;
}, 90_000);

afterAll(async () => {
  dev.child.kill('SIGTERM');
  await dev.ended;
  await model.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('dev says where everything is and never prints a key', async () => {
  const ready = await dev.firstLine;
  expect(ready).toMatchObject({ agent: 'cli-tester', activated: true, worker: true, stateFolder: state });
  expect(ready['warnings']).toEqual([expect.stringContaining('requesterMayApprove')]);
  const key = readFileSync(join(state, 'api-key'), 'utf8').trim();
  expect(key).toMatch(/^cs_/u);
  expect(JSON.stringify(ready)).not.toContain(key);
  expect(statSync(join(state, 'api-key')).mode & 0o077).toBe(0);
  expect(statSync(state).mode & 0o077).toBe(0);
});

test('run shows a run to its end', async () => {
  model.script('check the shop', [
    { calls: [{ name: 'read_status', args: { name: 'shop' } }] },
    { text: 'The shop is up.' },
  ]);
  const { exit, stdout, stderr } = await cli('run', 'cli-tester', 'check the shop');
  // A look may miss a turn that is over before it; never the end.
  expect(stderr).toMatch(/ ended: completed, 2 turns, 1 call\n/u);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'The shop is up.\n' });
});

test('a call that asks waits, is approved in the terminal, and runs once', async () => {
  const workflowId = await startAsking('restart the cart', 'cart');
  const { nonce } = await openApproval(workflowId);
  const vote = await cli('approve', nonce.slice(0, 8), '--yes', '--json');
  expect(vote.exit, vote.stderr).toBe(0);
  expect(JSON.parse(vote.stdout)).toMatchObject({ nonce, verdict: 'approve', status: 'applied' });
  expect(vote.stderr).toContain('Run restart on local');
  const watched = await cli('watch', workflowId, '--json');
  expect(watched.exit, watched.stderr).toBe(0);
  expect(effects('cart')).toHaveLength(1);
  const shown = await cli('show', workflowId, '--json');
  expect(JSON.parse(shown.stdout)).toMatchObject({ engine: 'closed', result: { outcome: 'completed', calls: 1 } });
  const again = await cli('approve', nonce, '--yes');
  expect(again.exit).toBe(5);
  expect(effects('cart')).toHaveLength(1);
});

test('a call that is denied does not run, and the reason is in the record', async () => {
  const workflowId = await startAsking('restart the till', 'till');
  const { nonce } = await openApproval(workflowId);
  expect(await cli('deny', nonce, '--reason', 'not on a Friday', '--yes')).toMatchObject({ exit: 0 });
  expect((await cli('watch', workflowId)).exit).toBe(0);
  expect(effects('till')).toEqual([]);
});

test('the guards of the pack are asked by the program, and replay tells what they refused', async () => {
  model.script('restart the safe', [
    { calls: [{ name: 'restart', args: { name: 'vault' } }] },
    { text: 'The vault is as it was.' },
  ]);
  const { exit, stdout, stderr } = await cli('run', 'cli-tester', 'restart the safe', '--json');
  expect(stdout, stderr).toContain('no-vault');
  expect(stdout).not.toContain('as it was');
  expect(exit).not.toBe(0);
  expect(effects('vault')).toEqual([]);
  const { workflowId } = started.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  const told = await cli('replay', workflowId);
  expect(told.exit, told.stdout).toBe(0);
  expect(told.stdout).toContain('found by no-vault (vault, critical): it names it');
  expect(told.stdout).toContain('guard no-vault WITHHELD the answer');
});

test('a run that is cancelled ends, and its request with it', async () => {
  const workflowId = await startAsking('restart the bank', 'bank');
  await openApproval(workflowId);
  expect(await cli('cancel', workflowId, '--reason', 'wrong service')).toMatchObject({ exit: 0 });
  expect((await cli('watch', workflowId)).exit).toBe(5);
  expect(await approvals()).toEqual([]);
  expect(effects('bank')).toEqual([]);
});

test('a second dev on the same state folder is a conflict that says where the first one is', async () => {
  const { exit, stdout } = await cli('dev', pack, '--json');
  expect(exit).toBe(5);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'conflict' } });
});

test('after kill -9 of everything a waiting run goes on, and its approval still works', async () => {
  const workflowId = await startAsking('restart the mail', 'mail');
  const { nonce } = await openApproval(workflowId);
  const { pid } = z.object({ pid: z.number() }).parse(await dev.firstLine);
  const engine = z.object({ pid: z.number() }).parse(JSON.parse(readFileSync(join(state, 'engine.json'), 'utf8')));
  for (const victim of [dev.child.pid ?? 0, pid, engine.pid]) kill(victim);
  await dev.ended;
  expect((await cli('show', workflowId)).exit).toBe(6);

  const restartedAt = performance.now();
  dev = startProgram(['dev', pack, '--json'], environment);
  const ready = await dev.firstLine;
  const readyAt = performance.now();
  expect(ready).toMatchObject({ activated: false });
  const { gatewayUrl } = z.object({ gatewayUrl: z.string() }).parse(ready);
  const headers = { authorization: `Bearer ${readFileSync(join(state, 'api-key'), 'utf8').trim()}` };
  await until('the run to answer', async () => {
    const answer = await fetch(`${gatewayUrl}/v1/runs/${workflowId}`, { headers });
    const { live } = z.object({ live: z.unknown() }).parse(await answer.json());
    return live !== null;
  });
  const answeredAt = performance.now();
  process.stdout.write(
    `restart after kill -9: ready after ${Math.round(readyAt - restartedAt)} ms, the waiting run answers after ${Math.round(answeredAt - restartedAt)} ms\n`,
  );
  const vote = await cli('approve', nonce, '--yes', '--json');
  expect(vote.exit, vote.stderr).toBe(0);
  expect((await cli('watch', workflowId)).exit).toBe(0);
  expect(effects('mail')).toHaveLength(1);
});

test('runs lists them all, newest first', async () => {
  const { stdout } = await cli('runs', '--json');
  const { runs } = z.object({ runs: z.array(z.object({ outcome: z.string().nullable() })) }).parse(JSON.parse(stdout));
  expect(runs.map(({ outcome }) => outcome)).toEqual([
    'completed',
    'cancelled',
    'refused',
    'completed',
    'completed',
    'completed',
  ]);
});

test('doctor finds the parts that run', async () => {
  const { stdout } = await cli('doctor', '--json');
  const { checks } = z
    .object({ checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })) })
    .parse(JSON.parse(stdout));
  for (const name of ['Gateway', 'Store', 'Signing keys', 'Embedded engine', 'Temporal CLI', 'Model']) {
    expect(checks.find((check) => check.name === name)).toMatchObject({ ok: true });
  }
  expect(checks.find((check) => check.name === 'Gateway')?.detail).toContain('answers at');
});

test('replay verifies the run that was killed', async () => {
  const { stdout } = await cli('runs', '--limit', '1', '--json');
  const { runs } = z.object({ runs: z.array(started) }).parse(JSON.parse(stdout));
  const replayed = await cli('replay', runs[0]?.workflowId ?? '', '--json');
  expect(JSON.parse(replayed.stdout)).toMatchObject({ replay: 'identical', verdict: 'verified' });
  expect(replayed.exit).toBe(0);
});

test('export writes the run that was killed into one file that verifies on a machine without a state folder', async () => {
  const { stdout } = await cli('runs', '--limit', '1', '--json');
  const { workflowId } = z.object({ runs: z.array(started).min(1) }).parse(JSON.parse(stdout)).runs[0] ?? {
    workflowId: '',
  };
  const file = join(folder, 'run.jsonl');
  const exported = await cli('export', workflowId, '--output', file, '--json');
  expect(exported.exit, exported.stderr).toBe(0);
  expect(JSON.parse(exported.stdout)).toMatchObject({ file, workflowId, state: 'ended', missing: [] });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await cli('export', workflowId, '--output', file)).toMatchObject({ exit: 5 });
  const first = readFileSync(file, 'utf8');
  expect(await cli('export', workflowId, '--output', file, '--force')).toMatchObject({ exit: 0, stdout: `${file}\n` });
  // The same record; only the signature says another time.
  expect(readFileSync(file, 'utf8').split('\n').slice(0, -2)).toEqual(first.split('\n').slice(0, -2));
  expect(first).not.toContain('secretHash');

  const elsewhere = { COUNTERSIGN_STATE: join(folder, 'no-such-state') };
  const keys = join(folder, 'registry.json');
  copyFileSync(join(state, 'keys', 'registry.json'), keys);
  const verified = await runProgram(['replay', file, '--keys', keys, '--json'], elsewhere);
  expect(verified.exit, verified.stdout).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({
    workflowId,
    replay: 'identical',
    verdict: 'verified',
    export: { audience: 'countersign:countersign', keys: 'outside' },
  });
  const alone = await runProgram(['replay', file], elsewhere);
  expect(alone.exit).toBe(1);
  expect(alone.stdout).toContain("THE KEYS ARE THE FILE'S OWN");
  expect(alone.stdout).toContain('Verdict: incomplete');
  expect(existsSync(elsewhere.COUNTERSIGN_STATE)).toBe(false);
  const otherAudience = { ...elsewhere, COUNTERSIGN_AUDIENCE: 'somebody-else' };
  expect(await runProgram(['replay', file, '--keys', keys], otherAudience)).toMatchObject({ exit: 1 });
  writeFileSync(file, first.replace('"taskId":"', '"taskId":"1'), { mode: 0o600 });
  const differs = await runProgram(['replay', file, '--keys', keys, '--json'], elsewhere);
  expect(differs.exit).toBe(1);
  const { checks } = z
    .object({ checks: z.array(z.object({ id: z.string(), result: z.string() })) })
    .parse(JSON.parse(differs.stdout));
  expect(checks).toContainEqual(expect.objectContaining({ id: 'export-digest', result: 'failed' }));
});

test('export of a run that is open says so, and its file is incomplete', async () => {
  const workflowId = await startAsking('restart the lamp', 'lamp');
  await openApproval(workflowId);
  const file = join(folder, 'open.jsonl');
  const exported = await cli('export', workflowId, '--output', file);
  expect({ exit: exported.exit, stdout: exported.stdout }).toEqual({ exit: 0, stdout: `${file}\n` });
  expect(exported.stderr).toContain('the run is OPEN');
  const replayed = await cli('replay', file, '--json');
  expect(replayed.exit).toBe(1);
  expect(JSON.parse(replayed.stdout)).toMatchObject({ verdict: 'incomplete', findings: [] });
  expect(await cli('cancel', workflowId, '--reason', 'enough')).toMatchObject({ exit: 0 });
  expect((await cli('watch', workflowId)).exit).toBe(5);
});

test('export of a run that nobody knows is not found, and writes nothing', async () => {
  const file = join(folder, 'nothing.jsonl');
  const unknown = 'run-00000000-0000-4000-8000-000000000000';
  expect(await cli('export', unknown, '--output', file)).toMatchObject({ exit: 3 });
  expect(existsSync(file)).toBe(false);
});

test('SIGTERM ends dev in order: exit 0, no gateway, no engine', async () => {
  dev.child.kill('SIGTERM');
  const { exit, stderr } = await dev.ended;
  expect(exit, stderr).toBe(0);
  for (const name of ['gateway.json', 'engine.json']) {
    expect(JSON.parse(readFileSync(join(state, name), 'utf8'))).toHaveProperty('endedAt');
  }
  expect((await cli('runs')).exit).toBe(6);
});

async function cli(...argv: string[]): Promise<ProgramResult> {
  return await runProgram(argv, environment);
}

async function startAsking(text: string, name: string): Promise<string> {
  model.script(text, [{ calls: [{ name: 'restart', args: { name } }] }, { text: 'Done.' }]);
  const { stdout, stderr } = await cli('run', 'cli-tester', text, '--no-wait', '--json');
  expect(stderr).toBe('');
  return started.parse(JSON.parse(stdout)).workflowId;
}

async function approvals(...more: string[]): Promise<z.infer<typeof listed>['approvals']> {
  const { stdout } = await cli('approvals', '--json', ...more);
  return listed.parse(JSON.parse(stdout)).approvals;
}

async function openApproval(workflowId: string): Promise<{ nonce: string }> {
  return await until('an open request', async () => (await approvals('--run', workflowId))[0]);
}

function effects(name: string): string[] {
  const path = join(folder, 'effects.log');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.filter((line) => line.startsWith(`restart ${name} `));
}

/** It may have ended with its parent already. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone
  }
}
