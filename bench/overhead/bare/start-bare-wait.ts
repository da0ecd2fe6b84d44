/** A workflow on bare Temporal that waits for a signal and then runs a tool: what a vote and its call are measured against. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { startedByName } from '../tools.ts';
import { bareQueue } from './start-bare-worker.ts';

const pollMs = 2;
/** An open run waits in its own history: start, then one whole workflow task. */
const eventsOfWaiting = 4;

export interface Waiting {
  /** What the tool will be called with. */
  name: string;
  /** @returns when the signal was sent, ms of `performance.now()` */
  go(): Promise<number>;
  ended(): Promise<unknown>;
}

/**
 * Resolves when it waits. A worker of `bareQueue` must run in this process: it notes when a tool starts.
 * @param name of no other run
 */
export async function startBareWait(client: Client, name: string): Promise<Waiting> {
  const workflowId = `wait-${name}`;
  const handle = await client.workflow.start('bareWait', { workflowId, taskQueue: bareQueue, args: [{ name }] });
  while ((await handle.describe()).historyLength < eventsOfWaiting) await delay(pollMs);
  return {
    name,
    go: async () => {
      const at = performance.now();
      await handle.signal('go');
      return at;
    },
    ended: () => handle.result(),
  };
}

/** When the tool started that was called with this, ms of `performance.now()`. @param everyMs between looks; they change no figure */
export async function startOf(name: string, everyMs = pollMs): Promise<number> {
  for (;;) {
    const startedAt = startedByName.get(name);
    if (startedAt !== undefined) {
      startedByName.delete(name);
      return startedAt;
    }
    await delay(everyMs);
  }
}
