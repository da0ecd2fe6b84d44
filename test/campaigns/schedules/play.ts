/** Plays schedules, each on a real run, on a stage with a worker, a store and keys of its own, and gathers the facts. */
import { WorkflowFailedError } from '@temporalio/client';
import { messageOf } from '../../../core/errors.ts';
import type { AgentPack } from '../../../packs/agent-pack.ts';
import { publishPack } from '../../../packs/load-pack.ts';
import { auditRuns } from '../../support/audit-runs.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { audience, startHarness } from '../../support/harness.ts';
import { createOutage } from '../../support/store-outage.ts';
import { until } from '../../support/until.ts';
import { keepHistory } from '../frame/keep-history.ts';
import { whereItStands } from '../frame/where-it-stands.ts';
import { type EffectFact, type Facts, noFacts } from './facts.ts';
import { lookAt } from './look-at.ts';
import { asksOf, type Mutable, type Play, signal } from './played-run.ts';
import { eligibleVoters, type Schedule } from './schedule.ts';
import { grantedPrefix, sendingPacks } from './sending-pack.ts';
import { takeStep } from './take-step.ts';

const endPatienceMs = 120_000;

/** A store, keys and a worker of its own, on which schedules are played one after the other. */
export interface Stage {
  play(schedule: Schedule): Promise<Facts>;
  close(): Promise<void>;
}

export async function openStage(temporal: { address: string; namespace: string }): Promise<Stage> {
  const effects: EffectFact[] = [];
  const outage = createOutage();
  const packFor = sendingPacks(effects);
  const harness = await startHarness({
    temporal,
    pack: packFor({ quorum: 1, executeWithinS: 60 }),
    wrapStore: (store) => outage.wrap(store),
    worker: { drainMs: 1000 },
  });
  let played = 0;
  return {
    async play(schedule) {
      played += 1;
      const pack = packFor(schedule);
      await publishPack(harness.store, pack);
      return await playSchedule({ harness, outage, schedule, pack, effects, number: played });
    },
    close: () => harness.stop(),
  };
}

function callsTo(prefix: string, count: number): { name: 'send'; args: { name: string } }[] {
  return Array.from({ length: count }, (_, index) => ({ name: 'send', args: { name: `${prefix}${index}` } }));
}

interface Order extends Pick<Play, 'harness' | 'outage'> {
  schedule: Schedule;
  pack: AgentPack;
  effects: EffectFact[];
  number: number;
}

async function playSchedule({ harness, outage, schedule, pack, effects, number }: Order): Promise<Facts> {
  // Of this schedule alone: what one revokes, another needs.
  const named = (voter: string): string => (voter === 'rita' ? voter : `${voter}-${number}`);
  for (const voter of eligibleVoters) await harness.desk.enrol(named(voter));
  await harness.desk.enrol(named('robot'), ['operator'], false);
  const calls = callsTo('to-', schedule.calls);
  const more = callsTo(grantedPrefix, schedule.steps.some(({ kind }) => kind === 'grant') ? 2 : 0);
  const turns = more.length > 0 ? [{ calls }, { calls: more }] : [{ calls }];
  const input = `schedule ${harness.taskQueues.agent} ${number}.`;
  harness.model.script(input, [...turns, { text: 'Done.' }]);
  const ticket = harness.desk.ticket(pack, input, harness.taskQueues);
  const { workflowId } = ticket.body;
  const names = Object.fromEntries(
    [calls, more].flatMap((ofTurn, turn) =>
      ofTurn.map(({ args }, index) => [`${workflowId}/${turn + 1}.${index}`, args.name]),
    ),
  );
  const callKeys = Object.keys(names);
  const facts: Mutable<Facts> = {
    ...noFacts(),
    quorum: schedule.quorum,
    eligible: eligibleVoters.map(named),
    callKeys,
    names,
  };
  const run = await harness.startWith(ticket, input);
  const play: Play = { harness, run, outage, facts, effects, named, workerIsUp: true, storeIsUp: true };
  try {
    await until('every call to be asked about', async () => (await asksOf(play)).length >= calls.length);
    for (const step of schedule.steps) await takeStep(play, step);
  } finally {
    // Also for the next schedule on this stage.
    await takeStep(play, { kind: 'thaw' });
    await takeStep(play, { kind: 'store-up' });
    await takeStep(play, { kind: 'worker-up' });
  }
  await signal(play, 'control', null);
  facts.ended = await endOf(play);
  facts.endedAt = Date.now();
  facts.effects = effects.filter(({ callKey }) => callKeys.includes(callKey));
  await lookAt(play);
  const { door, store, keys } = harness;
  // The gateway stores before it signals. One that was only signalled is missing there, and the audit says so.
  const isUnstored = facts.votes.some(({ storedAt, signalledAt }) => storedAt === null && signalledAt !== null);
  const tolerated = isUnstored ? (['store-votes'] as const) : [];
  const audited = { door, store, keys, audience, bundleFolder, workflowIds: [workflowId], tolerated };
  await auditRuns(audited).catch((error: unknown) => void (facts.recordDiffers = messageOf(error)));
  return facts;
}

/** A request that outlived the stage would end the whole campaign: it has a deadline of its own. */
async function endOf({ harness: { door }, run }: Play): Promise<string> {
  const end = Date.now() + endPatienceMs;
  try {
    return (await door.client.withDeadline(end, () => run.result())).outcome;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) {
      if (Date.now() >= end) {
        const file = await keepHistory(door.client, run.workflowId);
        return `running, ${await whereItStands(door.client, run.workflowId)}, its history: ${file}`;
      }
      throw error;
    }
    return error.cause?.name === 'CancelledFailure' ? 'cancelled' : `failed: ${error.cause?.message ?? error.message}`;
  }
}
