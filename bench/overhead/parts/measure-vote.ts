/**
 * From a person's word to the effect. Governed: the vote is signed and stored; then the signal, the check of its signature,
 * the gate's second pass, the permit, and run-tool up to the tool's first line. Bare: a signal, then the tool.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { digestJson } from '../../../core/digest.ts';
import { interleave } from '../../parts/interleave.ts';
import { quantile, summarise, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { textOf } from '../agent-loops.ts';
import { startBareWait, startOf, type Waiting } from '../bare/start-bare-wait.ts';
import { taskQueues, type World } from '../world.ts';

const votesPerRound = 12;
const pollMs = 2;

export async function measureVote(world: World, options: SuiteOptions): Promise<Measurement[]> {
  if (!options.wants('vote')) return [];
  options.progress(`vote: ${options.rounds} rounds of ${votesPerRound} votes and signals`);
  const times = await interleave(
    {
      bare: () => inTurn(() => startBareWait(world.door.client, textOf({ tool: 'send', turns: 1 }).name)),
      governed: () => inTurn(() => startAsking(world)),
    },
    options.rounds,
  );
  const absolute = (name: 'bare' | 'governed'): Measurement => ({
    id: `vote/ms-${name}`,
    unit: 'ms',
    better: 'lower',
    kind: 'absolute',
    ...summarise(times[name].flat()),
  });
  const median = (round: number[]): number => quantile(round, 0.5);
  return [
    {
      id: 'vote/to-tool-start',
      unit: 'x',
      better: 'lower',
      kind: 'ratio',
      target: 1.5,
      ...summariseRatio(times.governed.map(median), times.bare.map(median)),
    },
    absolute('bare'),
    absolute('governed'),
  ];
}

/** All wait; then one after the other is let go, each to its end. @returns ms of each */
async function inTurn(start: () => Promise<Waiting>): Promise<number[]> {
  const waiting = await Promise.all(Array.from({ length: votesPerRound }, start));
  const times: number[] = [];
  for (const one of waiting) {
    const gone = one.go();
    const startedAt = await startOf(one.name);
    times.push(startedAt - (await gone));
    await one.ended();
  }
  return times;
}

async function startAsking({ door, store, desk, pack }: World): Promise<Waiting> {
  const { text, name } = textOf({ tool: 'send', turns: 1 });
  const ticket = desk.ticket(pack, text, taskQueues);
  const { workflowId } = ticket.body;
  await door.startRun({ ticket, input: text, flow: null });
  let [ask] = await store.listAsks({ workflowId, limit: 1 });
  while (!ask) {
    await delay(pollMs);
    [ask] = await store.listAsks({ workflowId, limit: 1 });
  }
  const { nonce } = ask;
  return {
    name: `${name}-1`,
    go: async () => {
      const row = await store.getAsk(nonce);
      if (!row) throw new Error('Cannot vote: the request is gone, expected it open');
      const vote = desk.vote(row);
      await store.storeVote(vote, digestJson('vote', vote));
      const at = performance.now();
      await door.signal(workflowId, 'vote', vote);
      return at;
    },
    ended: () => door.client.workflow.getHandle(workflowId).result(),
  };
}
