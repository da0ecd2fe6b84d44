/** Starts the tools worker that will stand still, and says whether it does. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TaskQueues } from '../../../core/contracts/ticket.ts';
import { compiledCode } from '../../support/bundle-folder.ts';
import type { Harness } from '../../support/harness.ts';
import type { SignalAt } from '../../support/signal-at.ts';
import { endWithCampaign } from '../frame/end-with-campaign.ts';

const queue = z.string();

export const victimOrderSchema = z.strictObject({
  folder: z.string(),
  address: z.string(),
  namespace: z.string(),
  serviceURL: z.string(),
  taskQueues: z.strictObject({ agent: queue, model: queue, tools: queue, notify: queue, record: queue }),
  stopAt: z.strictObject({ when: z.enum(['before', 'after']), method: z.string(), call: z.int() }).nullable(),
});

export interface Victim {
  /** It stands still, and has not ended. */
  isStopped(): Promise<boolean>;
  wake(): void;
  /** Lets it end what it has begun. @returns exit code or signal */
  drain(): Promise<string>;
  kill(): void;
}

const program = fileURLToPath(new URL('victim.ts', import.meta.url));

/** Resolves when it polls. */
export async function startVictim(
  harness: Harness,
  taskQueues: TaskQueues,
  serviceURL: string,
  stopAt: SignalAt | null,
): Promise<Victim> {
  const { stateFolder: folder, temporal } = harness;
  const { address, namespace } = temporal;
  const order: z.input<typeof victimOrderSchema> = { folder, address, namespace, serviceURL, taskQueues, stopAt };
  const child = fork(program, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...compiledCode, VICTIM_ORDER: JSON.stringify(order) },
    execArgv: ['--conditions=countersign-source', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  endWithCampaign(child);
  const ended = once(child, 'exit').then(([code, signal]) => String(signal ?? code));
  const died = ended.then((end) => Promise.reject(new Error(`the victim ended (${end}) before it polled`)));
  await Promise.race([once(child, 'message'), died]);
  died.catch(() => undefined);
  return {
    isStopped: async () => child.exitCode === null && (await stateOf(child)) === 'T',
    wake: () => void child.kill('SIGCONT'),
    async drain() {
      child.kill('SIGTERM');
      return await ended;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** One letter, as `ps` says it: T is stopped. */
async function stateOf({ pid = 0 }: ChildProcess): Promise<string> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]);
    return stdout.trim().slice(0, 1);
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).slice(0, 1);
}
