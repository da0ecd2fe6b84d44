/**
 * The real program as a child process: `countersign dev` on a state folder, found by the record it writes, ended politely
 * or by kill -9 together with its engine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Countersign } from '../../client/gateway-client.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const recordSchema = z.object({ url: z.string(), pid: z.int() });
const engineSchema = z.object({ pid: z.int(), uiUrl: z.string() });
const startTimeoutMs = 120_000;
const pollMs = 50;

export interface CountersignProcess {
  url: string;
  /** By the local key: of whoever runs this. */
  gateway: Countersign;
  uiUrl: string;
  /** kill -9 of the program (worker and gateway) and of its engine, at once. */
  kill(): Promise<void>;
  /** SIGTERM, and waits. */
  stop(): Promise<void>;
}

export interface StartOptions {
  pack: string;
  state: string;
  environment: Record<string, string>;
}

/** @throws when the program ends before it is ready, with the end of its log. */
export async function startCountersign({ pack, state, environment }: StartOptions): Promise<CountersignProcess> {
  const log = join(state, 'demo.log');
  const output = openSync(log, 'a', 0o600);
  const child = spawn(
    process.execPath,
    [
      '--conditions=countersign-source',
      '--disable-warning=ExperimentalWarning',
      program,
      'dev',
      pack,
      '--state',
      state,
    ],
    { env: { ...process.env, ...environment }, stdio: ['ignore', output, output] },
  );
  closeSync(output);
  const record = await readyRecord(child, join(state, 'gateway.json'), log);
  const engine = engineSchema.parse(JSON.parse(await readFile(join(state, 'engine.json'), 'utf8')));
  const apiKey = (await readFile(join(state, 'api-key'), 'utf8')).trim();
  const ended = endOf(child);
  return {
    url: record.url,
    gateway: new Countersign({ url: record.url, apiKey }),
    uiUrl: engine.uiUrl,
    async kill() {
      process.kill(engine.pid, 'SIGKILL');
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The record counts once it names this child: an earlier one's may still lie there. */
async function readyRecord(child: ChildProcess, path: string, log: string): Promise<z.infer<typeof recordSchema>> {
  const end = Date.now() + startTimeoutMs;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`countersign dev ended with ${child.exitCode}:\n${await tailOf(log)}`);
    const record = recordSchema.safeParse(await readFile(path, 'utf8').then(JSON.parse, () => undefined));
    if (record.success && record.data.pid === child.pid) return record.data;
    await delay(pollMs);
  }
  throw new Error(`countersign dev was not ready in ${startTimeoutMs / 1000} s:\n${await tailOf(log)}`);
}

async function tailOf(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.split('\n').slice(-20).join('\n');
}

function endOf(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  return promise;
}
