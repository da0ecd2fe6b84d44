/**
 * People who look at open runs all the time, as the gateway and Temporal's own UI do: queries of the product and of the SDK, one
 * after the other. A run must not notice (P5).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { queryNames } from '../../../core/contracts/run-names.ts';

const queries = [queryNames.runState, '__stack_trace', queryNames.runState, '__temporal_workflow_metadata'];
const lookEveryMs = 50;
const answerWithinMs = 1000;

export interface Onlookers {
  /** Queries that were answered. */
  answered(): number;
  stop(): Promise<void>;
}

/** @param open runs as they are now */
export function startOnlookers(client: Client, open: () => readonly string[]): Onlookers {
  const stopping = new AbortController();
  const asked = new Set<Promise<void>>();
  let answered = 0;
  const ask = (workflowId: string, name: string): void => {
    const one = client
      .withDeadline(Date.now() + answerWithinMs, () => client.workflow.getHandle(workflowId).query(name))
      .then(
        () => void (answered += 1),
        // The worker, or the engine, is dead.
        () => undefined,
      )
      .finally(() => asked.delete(one));
    asked.add(one);
  };
  const work = async (): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const runs = open();
      const workflowId = runs[turn % Math.max(1, runs.length)];
      if (workflowId !== undefined) ask(workflowId, queries[turn % queries.length] ?? queryNames.runState);
      await delay(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const working = work();
  return {
    answered: () => answered,
    async stop() {
      stopping.abort();
      await working;
      await Promise.all(asked);
    },
  };
}
