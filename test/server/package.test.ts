/**
 * The published form, installed as npm would: compiled modules under `node_modules`, where Node.js runs no TypeScript, with
 * the workflow bundles made beforehand. From a first pack to a verified run, in a folder as `npm init -y` leaves it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';
import { type InstalledPackage, installPackage } from '../support/installed-package.ts';
import { type ProgramResult, runProgram, startProgram } from '../support/program.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';

const manifest = z.object({ version: z.string(), files: z.array(z.string()) });

let folder: string;
let installed: string;
let packed: InstalledPackage;
let model: ScriptedModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-package-'));
  packed = installPackage(folder);
  installed = packed.root;
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

test('the package holds no test, no source, no secret and no setting of the machine that built it', () => {
  const foreign = packed.files.filter(
    (path) =>
      !/^(?:dist|bin|agents|docs|policies|schemas)\/|^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/u.test(path),
  );
  expect(foreign).toEqual([]);
  expect(packed.files.filter((path) => path.startsWith('dist/') && /(?<!\.d)\.ts$|\.test\./u.test(path))).toEqual([]);
});

test('a program that uses the library compiles against its types, strictly, and finds all of it at run time', () => {
  const consumer = join(folder, 'consumer');
  mkdirSync(consumer, { recursive: true });
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // Temporal's own types need it.
    skipLibCheck: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  };
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  writeFileSync(join(consumer, 'use.ts'), consumerSource);
  run('tsc', ['-p', consumer], folder);
  expect(run(process.execPath, [join(consumer, 'out', 'use.js')], folder)).toBe('config-invalid look function\n');
  writeFileSync(join(consumer, 'wrong.ts'), "import { defineTool } from 'countersign';\ndefineTool({ name: 1 });\n");
  expect(() => run('tsc', ['-p', consumer], folder)).toThrow('wrong.ts');
});

test('the library loads on every Node.js that it promises and this machine has, and says what needs a newer one', () => {
  const use = join(folder, 'load.mjs');
  writeFileSync(use, loaderSource);
  const programs = nodePrograms();
  expect(programs.map(({ major }) => major)).toContain(24);
  for (const { program, version, major } of programs.filter((one) => one.major >= 20)) {
    const refused = (action: string): string =>
      `config-invalid Cannot ${action}: this is Node.js ${version.slice(1)}, expected Node.js 24 or newer; start this program with one`;
    const said = run(program, [use], folder).split('\n');
    expect(said[0], version).toBe('look config-invalid');
    const refusals = ['load an agent pack', 'start a worker', 'fetch a URL'].map(refused);
    expect(
      said.filter((line) => line.includes('expected Node.js')),
      version,
    ).toEqual(major >= 24 ? [] : refusals);
  }
});

test('the installed program says its version', async () => {
  const { version } = manifest.parse(JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')));
  expect(await countersign('--version')).toMatchObject({ exit: 0, stdout: `${version}\n` });
});

test('the installed program brings the pages of its error codes', async () => {
  const { exit, stdout } = await countersign('errors', 'config-invalid');
  expect(exit).toBe(0);
  expect(stdout).toContain('# config-invalid\n');
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

const consumerSource = `
import { Countersign, CountersignError, defineTool, startWorker, type RunDetail, type Tool } from 'countersign';
import { z } from 'zod';
const look: Tool = defineTool({
  name: 'look',
  description: 'Looks',
  parameters: z.strictObject({ name: z.string() }),
  effect: 'read',
  execute: ({ name }) => name.toUpperCase(),
});
export async function show(client: Countersign, id: string): Promise<RunDetail> {
  return await client.runs.get(id);
}
try {
  new Countersign({ url: 'ftp://nowhere', apiKey: 'k' });
} catch (error) {
  if (!(error instanceof CountersignError)) throw error;
  console.log(error.code, look.name, typeof startWorker);
}
`;

const loaderSource = `
import { checkedFetch, Countersign, defineTool, loadPack, startWorker } from 'countersign';
import { z } from 'zod';
const look = defineTool({ name: 'look', description: 'Looks', parameters: z.strictObject({}), effect: 'read', execute: () => 1 });
const say = (error) => console.log(error.code, error.message);
let made = 'nothing';
try { new Countersign({ url: 'ftp://nowhere', apiKey: 'k' }); } catch (error) { made = error.code; }
console.log(look.name, made);
await loadPack('/nowhere').catch(say);
await startWorker({}, {}).catch(say);
await checkedFetch('ftp://nowhere').catch(say);
`;

/** This one and those on PATH, each major version once. */
function nodePrograms(): { program: string; version: string; major: number }[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const found = new Map<number, { program: string; version: string; major: number }>();
  for (const program of [process.execPath, ...folders.map((one) => join(one, 'node'))]) {
    const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
    const major = Number(/^v(\d+)\./u.exec(version)?.[1] ?? 0);
    if (major > 0 && !found.has(major)) found.set(major, { program, version, major });
  }
  return [...found.values()];
}

function launcher(): string {
  return packed.launcher;
}

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
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
