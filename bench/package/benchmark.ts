/**
 * How large the published package is, and how long a process of it takes from its start to its first result: with the
 * workflow bundle that the package brings, against bundling from source. The same run is waiting each time; a start counts
 * only if that run ended with the model's answer.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Countersign } from '../../client/gateway-client.ts';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';
import { type InstalledPackage, installPackage } from '../../test/support/installed-package.ts';
import { startScriptedModel } from '../../test/support/scripted-model.ts';
import { interleave } from '../parts/interleave.ts';
import { startBenchEngine } from '../parts/start-bench-engine.ts';
import { summarise, summariseRatio } from '../parts/statistics.ts';
import type { Measurement, Suite, SuiteOptions } from '../parts/suite.ts';

const answer = 'The package answered.';
const source = join(repositoryRoot, 'bin', 'countersign.js');
/** Looked for, ms: what a figure can be wrong by. */
const lookEveryMs = 5;

export const suite: Suite = {
  name: 'package',
  summary: 'size of the package, and from the start of a process to its first result',
  rounds: 5,
  parts: ['size', 'start'],
  async measure(options) {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-package-'));
    try {
      options.progress('building, packing and installing the package');
      const installed = installPackage(join(folder, 'consumer'));
      return [
        ...(options.wants('size') ? sizes(installed) : []),
        ...(options.wants('start') ? await starts(installed, folder, options) : []),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function sizes({ packedBytes, unpackedBytes, files, root }: InstalledPackage): Measurement[] {
  const bundle = statSync(join(root, 'dist', 'workflow-bundle.js')).size;
  return [
    absolute('size/packed', 'KB', [packedBytes / 1000]),
    absolute('size/unpacked', 'KB', [unpackedBytes / 1000]),
    absolute('size/workflow-bundle', 'KB', [bundle / 1000]),
    absolute('size/files', 'files', [files.length]),
    absolute('size/with-dependencies', 'MB', [(unpackedBytes + dependencyBytes()) / 1e6]),
  ];
}

interface Start {
  readyMs: number;
  resultMs: number;
  residentMB: number;
}

async function starts(installed: InstalledPackage, folder: string, options: SuiteOptions): Promise<Measurement[]> {
  const engine = await startBenchEngine(folder);
  const model = await startScriptedModel();
  const shared = {
    TEMPORAL_ADDRESS: engine.address,
    TEMPORAL_NAMESPACE: engine.namespace,
    COUNTERSIGN_STORE: join(folder, 'store.db'),
    OPENAI_BASE_URL: model.baseURL,
    COUNTERSIGN_LOG_LEVEL: 'silent',
  };
  const keysIn = join(folder, 'state');
  const pack = join(folder, 'bench');
  try {
    await say(installed.launcher, ['init', pack], shared);
    const gateway = startProcess(installed.launcher, ['gateway', pack, '--port', '0', '--json'], {
      ...shared,
      COUNTERSIGN_STATE: keysIn,
    });
    try {
      const { gatewayUrl } = JSON.parse(await gateway.firstLine) as { gatewayUrl: string };
      const apiKey = readFileSync(join(keysIn, 'api-key'), 'utf8').trim();
      const client = new Countersign({ url: gatewayUrl, apiKey });
      let count = 0;
      const timed = async (launcher: string, keepsCode: boolean): Promise<Start> => {
        count += 1;
        const input = `bench ${count}.`;
        model.script(input, [{ text: answer }]);
        const run = await client.runs.start({ agent: 'bench', input });
        // Bundles and compiled code lie in the cache: without it the process starts as it does the first time.
        if (!keepsCode) await rm(join(keysIn, 'cache'), { recursive: true, force: true });
        return await startOnce(
          launcher,
          ['worker', pack, '--json'],
          { ...shared, COUNTERSIGN_STATE: keysIn },
          async () => {
            const { result } = await client.runs.get(run.workflowId);
            return result?.text === answer;
          },
        );
      };
      options.progress('starting workers, one variant after the other');
      const found = await interleave(
        {
          bundled: () => timed(source, false),
          prebuilt: () => timed(installed.launcher, false),
          again: () => timed(installed.launcher, true),
          version: async () => {
            const startedAt = performance.now();
            await say(installed.launcher, ['--version'], shared);
            return { readyMs: performance.now() - startedAt, resultMs: 0, residentMB: 0 };
          },
        },
        options.rounds,
      );
      const { bundled, prebuilt, again, version } = found;
      const results = (all: readonly Start[]): number[] => all.map(({ resultMs }) => resultMs);
      return [
        { ...summariseRatio(results(prebuilt), results(bundled)), ...ratio('start/prebuilt-over-bundled') },
        { ...summariseRatio(results(again), results(prebuilt)), ...ratio('start/again-over-first') },
        absolute('start/bundled/first-result', 'ms', results(bundled)),
        absolute('start/prebuilt/first-result', 'ms', results(prebuilt)),
        absolute('start/again/first-result', 'ms', results(again)),
        absolute(
          'start/prebuilt/ready',
          'ms',
          prebuilt.map(({ readyMs }) => readyMs),
        ),
        absolute(
          'start/again/ready',
          'ms',
          again.map(({ readyMs }) => readyMs),
        ),
        absolute(
          'start/bundled/resident',
          'MB',
          bundled.map(({ residentMB }) => residentMB),
        ),
        absolute(
          'start/prebuilt/resident',
          'MB',
          prebuilt.map(({ residentMB }) => residentMB),
        ),
        absolute(
          'start/version',
          'ms',
          version.map(({ readyMs }) => readyMs),
        ),
      ];
    } finally {
      await gateway.stop();
    }
  } finally {
    await model.stop();
    await engine.stop();
  }
}

/** From the moment the process is started; its end is waited for and not timed. */
async function startOnce(
  launcher: string,
  argv: readonly string[],
  environment: Record<string, string>,
  hasResult: () => Promise<boolean>,
): Promise<Start> {
  const startedAt = performance.now();
  const program = startProcess(launcher, argv, environment);
  try {
    const { pid } = JSON.parse(await program.firstLine) as { pid: number };
    const readyMs = performance.now() - startedAt;
    while (!(await hasResult())) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    return { readyMs, resultMs: performance.now() - startedAt, residentMB: residentBytes(pid) / 1e6 };
  } finally {
    await program.stop();
  }
}

function startProcess(launcher: string, argv: readonly string[], environment: Record<string, string>) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [launcher, ...argv], {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then(([code]) => reject(new Error(`${argv[0]} ended with ${String(code)} before it was ready`)));
  });
  firstLine.catch(() => undefined);
  return {
    firstLine,
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function say(launcher: string, argv: readonly string[], environment: Record<string, string>): Promise<void> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [launcher, ...argv], {
    env: { PATH, HOME, ...environment },
    stdio: 'ignore',
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`Cannot measure: "${argv.join(' ')}" ended with ${String(code)}, expected 0`);
}

/** What `npm install --omit=dev` adds: packages of the lockfile that are not for development, where they are installed. */
function dependencyBytes(): number {
  const lockfile = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  const paths = Object.entries(lockfile.packages).flatMap(([path, entry]) => (path === '' || entry.dev ? [] : [path]));
  return paths.reduce((sum, path) => sum + folderBytes(join(repositoryRoot, path)), 0);
}

/** Without the packages nested in it, which the lockfile lists by themselves. */
function folderBytes(folder: string): number {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // Of another platform.
    return 0;
  }
  return entries.reduce((sum, entry) => {
    if (entry.name === 'node_modules') return sum;
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? folderBytes(path) : entry.isFile() ? statSync(path).size : 0);
  }, 0);
}

function residentBytes(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

function absolute(id: string, unit: string, samples: readonly number[]): Measurement {
  return { ...summarise(samples), id, unit, better: 'lower', kind: 'absolute' };
}

function ratio(id: string): Pick<Measurement, 'id' | 'unit' | 'better' | 'kind'> {
  return { id, unit: 'x', better: 'lower', kind: 'ratio' };
}
