/** One run of each loop, checked: same model, same tool, same turns. */
import { bareQueue } from './bare/start-bare-worker.ts';
import { taskQueues, type World } from './world.ts';
import type { bareAgent } from './bare/workflows.ts';
import type { Client } from '@temporalio/client';
import type { RunResult } from '../../core/contracts/run.ts';

export interface LoopRun {
  tool: 'read_status' | 'restart';
  /** Turns with a call; one more ends the run. */
  turns: number;
}

/** Resolves with the workflow's id when the run has ended as it should. */
export type RunLoop = (run: LoopRun) => Promise<string>;

let runs = 0;

export function textOf(run: { tool: string; turns: number }): { text: string; name: string } {
  runs += 1;
  const name = `service-${runs}`;
  return { text: `bench ${run.tool} ${run.turns} ${name}`, name };
}

export function bareLoop(client: Client): RunLoop {
  return async (run) => {
    const { text, name } = textOf(run);
    const handle = await client.workflow.start<typeof bareAgent>('bareAgent', {
      workflowId: `bare-${name}`,
      taskQueue: bareQueue,
      args: [{ text }],
    });
    const { turns } = await handle.result();
    mustBe('bare', turns, run.turns + 1);
    return handle.workflowId;
  };
}

export function governedLoop({ door, desk, pack }: World): RunLoop {
  return async (run) => {
    const { text } = textOf(run);
    const ticket = desk.ticket(pack, text, taskQueues);
    const { workflowId } = ticket.body;
    await door.startRun({ ticket, input: text, flow: null });
    const result = (await door.client.workflow.getHandle(workflowId).result()) as RunResult;
    mustBe('governed', result.calls, run.turns);
    mustBe('governed', result.turns, run.turns + 1);
    return workflowId;
  };
}

function mustBe(loop: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new Error(`Cannot measure the ${loop} loop: a run made ${found} turns or calls, expected ${expected}`);
}
