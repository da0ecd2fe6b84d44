/** Starts and ends workers in processes of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TaskQueues } from '../../core/contracts/ticket.ts';
import type { Store } from '../../store/store.ts';
import { residentKilobytes } from '../campaigns/frame/resident-memory.ts';
import { compiledCode } from './bundle-folder.ts';
import type { Harness, HarnessOptions } from './harness.ts';

export const workerOrderSchema = z.strictObject({
  folder: z.string(),
  address: z.string(),
  namespace: z.string(),
  modelURL: z.string(),
  taskQueues: z.strictObject({
    agent: z.string(),
    model: z.string(),
    tools: z.string(),
    notify: z.string(),
    record: z.string(),
  }),
  pack: z.strictObject({ deadline: z.string().optional() }).transform(({ deadline }) => (deadline ? { deadline } : {})),
  drainMs: z.int(),
  /** Dies by its own kill -9 at the n-th call of a method of the store. */
  killAt: z.strictObject({ when: z.enum(['before', 'after']), method: z.string(), call: z.int() }).nullable(),
});
export type WorkerOrder = z.infer<typeof workerOrderSchema>;

export interface KillAt {
  when: 'before' | 'after';
  method: keyof Store;
  call: number;
}

export interface WorkerProcess {
  pid: number;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
  signal(signal: 'SIGKILL' | 'SIGTERM'): void;
  residentKilobytes(): Promise<number>;
}

/** Queues that no other worker serves. */
export function ownQueues(): TaskQueues {
  const queue = `process-${randomUUID()}`;
  return { agent: queue, model: queue, tools: queue, notify: queue, record: queue };
}

/** Who profiles a bench wants its worker's profile, too. It is written when the worker ends by SIGTERM. */
const profiling = process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'));
const program = fileURLToPath(new URL('worker-process.ts', import.meta.url));

/** Resolves when it polls. */
export async function startWorkerProcess(
  harness: Harness,
  options: Pick<HarnessOptions, 'deadline'> & { killAt?: KillAt; drainMs?: number; taskQueues?: TaskQueues } = {},
): Promise<WorkerProcess> {
  const order: z.input<typeof workerOrderSchema> = {
    folder: harness.stateFolder,
    ...harness.temporal,
    modelURL: harness.model.baseURL,
    taskQueues: options.taskQueues ?? harness.taskQueues,
    pack: options.deadline === undefined ? {} : { deadline: options.deadline },
    drainMs: options.drainMs ?? 2000,
    killAt: options.killAt ?? null,
  };
  const child = fork(program, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...compiledCode, WORKER_ORDER: JSON.stringify(order) },
    execArgv: ['--conditions=countersign-source', '--disable-warning=ExperimentalWarning', ...profiling],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string | null);
  const ready = once(child, 'message');
  await Promise.race([
    ready,
    ended.then((end) => Promise.reject(new Error(`the worker ended (${end}) before it polled`))),
  ]);
  const { pid = 0 } = child;
  return {
    pid,
    ended,
    signal: (signal) => end(child, signal),
    residentKilobytes: async () => await residentKilobytes(pid),
  };
}

function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}
