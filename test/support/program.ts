/** The real program as a child process, through its launcher, as users start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';
import { compiledCode } from './bundle-folder.ts';

const repositoryLauncher = join(repositoryRoot, 'bin', 'countersign.js');

export interface ProgramResult {
  exit: number | null;
  stdout: string;
  stderr: string;
}

export interface StartedProgram {
  child: ChildProcess;
  /** The first line of standard output, as JSON. @throws when it is none, or the program ends before it */
  firstLine: Promise<Record<string, unknown>>;
  ended: Promise<ProgramResult>;
}

export type ProgramEnvironment = Readonly<Record<string, string>>;

/** @param launcher of another copy of the program than this repository; it is started with nothing that was made before */
export function startProgram(
  argv: readonly string[],
  environment: ProgramEnvironment,
  launcher = repositoryLauncher,
): StartedProgram {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...(launcher === repositoryLauncher ? compiledCode : {}), ...environment };
  const child = spawn(process.execPath, [launcher, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (part: string) => (said[name] += part));
  }
  const ended = once(child, 'close').then(([exit]) => ({ exit: exit as number | null, ...said }));
  const line = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then(({ exit, stderr }) => reject(new Error(`ended with ${exit} before it was ready: ${stderr}`)));
  });
  const firstLine = line.then((text) => JSON.parse(text) as Record<string, unknown>);
  // Most callers wait for the end alone, and their first line is no JSON.
  firstLine.catch(() => undefined);
  return { child, firstLine, ended };
}

export async function runProgram(
  argv: readonly string[],
  environment: ProgramEnvironment,
  launcher = repositoryLauncher,
): Promise<ProgramResult> {
  return await startProgram(argv, environment, launcher).ended;
}

/** kill -9 of a program that is ready, and of whatever launched it. */
export async function killProgram({ child, firstLine, ended }: StartedProgram): Promise<void> {
  const { pid } = z.object({ pid: z.number() }).parse(await firstLine);
  for (const victim of new Set([child.pid ?? 0, pid])) {
    try {
      process.kill(victim, 'SIGKILL');
    } catch {
      // The launcher ends with its program.
    }
  }
  await ended;
}
