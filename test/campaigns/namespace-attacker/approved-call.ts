/** An approved call whose execution waits until the attack on it is over. */
import type { StartedRun } from '../../support/harness.ts';
import { type AttackCase, send, sent } from './case.ts';
import { type Pending, pendingActivity } from './pending.ts';
import type { Stage } from './stage.ts';

export interface Approved {
  run: StartedRun;
  tool: Pending;
  tools: string;
}

/** An approved call whose execution waits for a worker. */
export function onTool(
  id: string,
  attack: string,
  play: (stage: Stage, approved: Approved) => Promise<unknown>,
  rest: Pick<AttackCase, 'shows'> & Partial<Pick<AttackCase, 'effects' | 'ends'>>,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 1,
    ...rest,
    async play(stage) {
      const tools = stage.lonelyQueue('tools');
      const run = await stage.victim([send, sent], { tools });
      await run.castVote(await run.ask());
      const tool = await pendingActivity(stage, run, 'runTool');
      await play(stage, { run, tool, tools });
      await stage.serve(['tools'], { tools });
      return run;
    },
  };
}

export const inDoubt = {
  verdict: 'verified',
  because: 'the lost execution was settled: void, probe, and a new request where it was an effect',
} as const;

export const same = {
  verdict: 'verified',
  because: 'the permit’s row lets the call start once, whoever hands it out and however often',
} as const;

export const execution = ({ workflowId }: StartedRun) => ({ workflowId });
