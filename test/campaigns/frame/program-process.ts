/** A part of the real program (`countersign worker`, `countersign gateway`) as a process that a campaign may kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { endWithCampaign } from './end-with-campaign.ts';

export interface ProgramPart {
  readonly pid: number;
  /** The line it prints when it is ready. */
  readonly ready: Record<string, unknown>;
  /** Undefined while it runs. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  signal(signal: 'SIGKILL' | 'SIGTERM'): void;
}

export interface PartOptions {
  argv: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Its standard error is appended here. */
  log: string;
  /** Opens its inspector on loopback, for `readLiveMemory`. @default false */
  isInspected?: boolean;
}

const readySchema = z.looseObject({ pid: z.number() });
/** Many times what it takes: on a machine that does other things too, several of them start at once. */
const readyTimeoutMs = 180_000;

/** Ends it when this process is killed, too. */
const lifeline = pathToFileURL(join(repositoryRoot, 'bin', 'end-with-launcher.js')).href;

/** Directly, without the launcher: what is killed is the program itself. @throws when it ends before it is ready */
export async function startPart({ argv, environment, log, isInspected = false }: PartOptions): Promise<ProgramPart> {
  const { PATH, HOME } = process.env;
  const output = openSync(log, 'a', 0o600);
  const child = spawn(
    process.execPath,
    [
      '--conditions=countersign-source',
      '--disable-warning=ExperimentalWarning',
      `--import=${lifeline}`,
      ...(isInspected ? ['--inspect=127.0.0.1:0'] : []),
      join(repositoryRoot, 'cli', 'main.ts'),
      ...argv,
      '--json',
    ],
    {
      env: { PATH, HOME, ...environment, COUNTERSIGN_LAUNCHER: String(process.pid) },
      stdio: ['ignore', 'pipe', output, 'ipc'],
    },
  );
  child.channel?.unref();
  closeSync(output);
  endWithCampaign(child);
  const ended = new Promise<string>((resolve) => child.once('exit', (code, by) => resolve(String(by ?? code))));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const signal = (name: 'SIGKILL' | 'SIGTERM'): void => {
    if (isRunning()) child.kill(name);
  };
  try {
    const ready = await readyLine(child, ended, log);
    return { pid: child.pid ?? 0, ready, ended, isRunning, signal };
  } catch (error) {
    signal('SIGKILL');
    throw error;
  }
}

async function readyLine(child: ChildProcess, ended: Promise<string>, log: string): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
  const timer = setTimeout(() => reject(new Error(`it was not ready in ${readyTimeoutMs} ms`)), readyTimeoutMs);
  void ended.then((end) => reject(new Error(`it ended (${end}) before it was ready`)));
  try {
    const line = await promise;
    // An error is a line too, and the last one.
    const ready = readySchema.safeParse(JSON.parse(line));
    if (!ready.success) throw new Error(`instead of being ready it said ${line}`);
    return ready.data;
  } catch (error) {
    const tail = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(-15).join('\n');
    throw new Error(`${error instanceof Error ? error.message : 'it broke'}; the end of ${log}:\n${tail}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
