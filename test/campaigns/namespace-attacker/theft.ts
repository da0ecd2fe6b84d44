/** The theft of a waiting run's workflow task: what the thief has, and what happens after it answered. */
import type { AskRow } from '../../../store/store.ts';
import type { StartedRun } from '../../support/harness.ts';
import { type AttackCase, send, sent } from './case.ts';
import { forge } from './forged.ts';
import type { Stage } from './stage.ts';
import { answerTask, type Command } from './stolen-tasks.ts';

export type Rewrite = (text: string) => string;

/** A waiting run, its queue, and an honest run of the same script that was approved: what the thief copies. */
export interface Theft {
  run: StartedRun;
  ask: AskRow;
  agent: string;
  model: StartedRun;
  modelAsk: AskRow;
  /** Names of the honest run replaced by the victim's: what was signed is then signed no more. */
  asVictim: Rewrite;
}

export async function waitingRun(stage: Stage): Promise<Theft> {
  const agent = stage.lonelyQueue('agent');
  const worker = await stage.serve(['agent'], { agent });
  const [run, model] = await Promise.all([stage.victim([send, sent], { agent }), stage.victim([send, sent])]);
  const [ask, modelAsk] = [await run.ask(), await model.ask()];
  await model.castVote(modelAsk);
  await model.result();
  await worker.stop();
  const names: [string, string][] = [
    [model.workflowId, run.workflowId],
    [model.linkRunId, run.linkRunId],
    [modelAsk.nonce, ask.nonce],
    [modelAsk.askDigest, ask.askDigest],
    [cardDigestOf(modelAsk), cardDigestOf(ask)],
  ];
  const asVictim: Rewrite = (text) => names.reduce((all, [from, to]) => all.replaceAll(from, to), text);
  return { run, ask, agent, model, modelAsk, asVictim };
}

function cardDigestOf({ ask }: AskRow): string {
  return ask.body.verdict === 'ask' ? ask.body.ask.cardDigest : '';
}

/** Steals the task that a forged vote makes, answers it, and then lets the run have its own worker again. */
export function onWaiting(
  id: string,
  attack: string,
  answer: (stage: Stage, theft: Theft) => Promise<Command[]>,
  rest: Pick<AttackCase, 'shows'> & Partial<Pick<AttackCase, 'ends' | 'effects'>>,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 0,
    ...rest,
    async play(stage) {
      const theft = await waitingRun(stage);
      const { run, ask, agent } = theft;
      const commands = await answer(stage, theft);
      await run.signalVote(forge(stage, 'vote', stage.harness.desk.vote(ask).body));
      await answerTask(stage, agent, commands);
      await stage.serve(['agent'], { agent });
      // An honest vote all the same; where the run has ended it reaches nobody.
      await run.castVote(ask).catch(() => undefined);
      return run;
    },
  };
}
