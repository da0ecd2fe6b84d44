/**
 * The published form, installed as npm would: compiled modules under `node_modules`, where Node.js runs no TypeScript, with
 * the workflow bundles made beforehand. From a first pack to a verified run, in a folder as `npm init -y` leaves it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';
import { type ProgramResult, runProgram, startProgram } from '../support/program.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';

const packed = z.array(z.object({ files: z.array(z.object({ path: z.string() })) }));
const manifest = z.object({ version: z.string(), files: z.array(z.string()) });

let folder: string;
let installed: string;
let model: ScriptedModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-package-'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "version": "1.0.0", "type": "commonjs" }\n');
  installed = install(folder);
  model = await startScriptedModel();
}, 180_000);

afterAll(async () => {
  await model.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the package holds what it compiles to, and names no folder of the machine that built it', () => {
  const { files } = manifest.parse(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')));
  expect(files).toContain('dist');
  const built = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(built).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'workflow-bundle.js', 'replay-bundle.js']));
  for (const name of ['workflow-bundle.js', 'replay-bundle.js'])
    expect(sourcesOf(join(installed, 'dist', name)).filter((source) => source.includes(repositoryRoot))).toEqual([]);
});

test('the installed program says its version', async () => {
  const { version } = manifest.parse(JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')));
  expect(await countersign('--version')).toMatchObject({ exit: 0, stdout: `${version}\n` });
});

test('the installed program says that a pack in node_modules is to be copied first', async () => {
  const refused = await countersign(
    'dev',
    join(installed, 'agents', 'ops'),
    '--no-engine',
    '--temporal',
    '127.0.0.1:1',
  );
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('copy the pack out of node_modules');
});

test('the installed program makes a first pack, runs it, and replays the run with its own bundles', async () => {
  const pack = join(folder, 'agents', 'notes');
  expect((await countersign('init', pack)).exit).toBe(0);
  model.script('read the notes', [{ calls: [{ name: 'read_notes', args: {} }] }, { text: 'There are none.' }]);
  const { address, namespace } = inject('temporal');
  const server = ['--temporal', address, '--namespace', namespace];
  const dev = startProgram(['dev', pack, '--no-engine', ...server, '--port', '0', '--json'], environment(), launcher());
  try {
    expect(await dev.firstLine).toMatchObject({ agent: 'notes', worker: true });
    const run = await countersign('run', 'notes', 'read the notes', '--json');
    expect(run.exit, run.stderr).toBe(0);
    const { workflowId } = z.object({ workflowId: z.string() }).parse(JSON.parse(run.stdout));
    const replay = await countersign('replay', workflowId, ...server, '--json');
    expect(replay.exit, replay.stderr).toBe(0);
    expect(JSON.parse(replay.stdout)).toMatchObject({ verdict: 'verified', links: 1 });
    // A bundle made from source would lie here: there is no source to make one from.
    expect(existsSync(join(folder, 'state', 'cache')) ? bundlesIn(join(folder, 'state', 'cache')) : []).toEqual([]);
  } finally {
    dev.child.kill('SIGTERM');
    await dev.ended;
  }
}, 90_000);

/** Puts what npm would publish where npm would put it, with this repository's own dependencies beside it. */
function install(where: string): string {
  const modules = join(where, 'node_modules');
  const target = join(modules, 'countersign');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(join(repositoryRoot, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(repositoryRoot, 'node_modules', name), join(modules, name));
  }
  const [listed] = packed.parse(JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'])));
  for (const { path } of listed?.files ?? []) {
    if (path.startsWith('dist/')) continue;
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(repositoryRoot, path), join(target, path));
  }
  run(process.execPath, [join(repositoryRoot, 'scripts', 'build.ts'), join(target, 'dist')]);
  return target;
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: repositoryRoot, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

function launcher(): string {
  return join(installed, 'bin', 'countersign.js');
}

function environment(): Record<string, string> {
  return {
    COUNTERSIGN_STATE: join(folder, 'state'),
    COUNTERSIGN_TASK_QUEUE: `package-${folder.slice(-6)}`,
    COUNTERSIGN_DRAIN_MS: '2000',
    OPENAI_BASE_URL: model.baseURL,
  };
}

async function countersign(...argv: string[]): Promise<ProgramResult> {
  return await runProgram(argv, environment(), launcher());
}

function bundlesIn(cache: string): string[] {
  return readdirSync(cache).filter((name) => name.includes('bundle'));
}

function sourcesOf(bundle: string): string[] {
  const [, encoded = ''] = readFileSync(bundle, 'utf8').split(
    'sourceMappingURL=data:application/json;charset=utf-8;base64,',
  );
  const map: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  return z.object({ sources: z.array(z.string()) }).parse(map).sources;
}
