/** Plays schedules, each on a real run, on a stage with a worker, a store and keys of its own, and gathers the facts. */
import { WorkflowFailedError } from '@temporalio/client';
import { digestJson } from '../../../core/digest.ts';
import type { AgentPack } from '../../../packs/agent-pack.ts';
import { publishPack } from '../../../packs/load-pack.ts';
import { auditRuns } from '../../support/audit-runs.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { audience, startHarness } from '../../support/harness.ts';
import { createOutage } from '../../support/store-outage.ts';
import { until } from '../../support/until.ts';
import { keepHistory } from '../frame/keep-history.ts';
import { whereItStands } from '../frame/where-it-stands.ts';
import type { EffectFact, Facts } from './facts.ts';
import { eligibleVoters, type Schedule } from './schedule.ts';
import { sendingPacks } from './sending-pack.ts';
import { asksOf, type Mutable, type Play, signal, takeStep } from './take-step.ts';

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

interface Order extends Pick<Play, 'harness' | 'outage'> {
  schedule: Schedule;
  pack: AgentPack;
  effects: EffectFact[];
  number: number;
}

/** @throws when the record of the run differs from what the code, the signatures or the store say */
async function playSchedule({ harness, outage, schedule, pack, effects, number }: Order): Promise<Facts> {
  // Of this schedule alone: what one revokes, another needs.
  const named = (voter: string): string => (voter === 'rita' ? voter : `${voter}-${number}`);
  for (const voter of eligibleVoters) await harness.desk.enrol(named(voter));
  await harness.desk.enrol(named('robot'), ['operator'], false);
  const calls = Array.from({ length: schedule.calls }, (_, index) => ({ name: 'send', args: { name: `to-${index}` } }));
  const input = `schedule ${harness.taskQueues.agent} ${number}.`;
  harness.model.script(input, [{ calls }, { text: 'Done.' }]);
  const ticket = harness.desk.ticket(pack, input, harness.taskQueues);
  const { workflowId } = ticket.body;
  const callKeys = calls.map((_, index) => `${workflowId}/1.${index}`);
  const facts: Mutable<Facts> = {
    quorum: schedule.quorum,
    eligible: eligibleVoters.map(named),
    callKeys,
    effects: [],
    votes: [],
    revocations: [],
    cancellations: [],
    resets: [],
    storeOutages: [],
    workerOutages: [],
    asks: [],
    permits: [],
    ended: 'running',
    endedAt: 0,
  };
  const run = await harness.startWith(ticket, input);
  const play: Play = { harness, run, outage, facts, named, workerIsUp: true, storeIsUp: true };
  try {
    await until('every call to be asked about', async () => (await asksOf(play)).length >= calls.length);
    for (const step of schedule.steps) await takeStep(play, step);
  } finally {
    // Also for the next schedule on this stage.
    await takeStep(play, { kind: 'store-up' });
    await takeStep(play, { kind: 'worker-up' });
  }
  await signal(play, 'control', null);
  facts.ended = await endOf(play);
  facts.endedAt = Date.now();
  facts.effects = effects.filter(({ callKey }) => callKeys.includes(callKey));
  await look(play);
  const { door, store, keys } = harness;
  // The gateway stores before it signals. One that was only signalled is missing there, and the audit says so.
  const isUnstored = facts.votes.some(({ storedAt, signalledAt }) => storedAt === null && signalledAt !== null);
  const tolerated = isUnstored ? (['store-votes'] as const) : [];
  await auditRuns({ door, store, keys, audience, bundleFolder, workflowIds: [workflowId], tolerated });
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

async function look(play: Play): Promise<void> {
  const { harness, run, facts } = play;
  facts.asks = (await asksOf(play)).flatMap(({ ask: { body }, nonce, callKey, deadlineAt, outcome, kind }) =>
    body.verdict === 'ask' && kind === 'call'
      ? [{ nonce, callKey, askedAt: body.ask.askedAt, deadlineAt, executeWithinMs: body.ask.executeWithinMs, outcome }]
      : [],
  );
  facts.permits = [];
  for (const decision of await harness.store.listDecisions(run.workflowId)) {
    const { body, issuedAt } = decision;
    if (body.verdict !== 'allow' || body.purpose !== 'execute') continue;
    const { callKey, try: tryNumber, linkRunId, approval } = body;
    const row = await harness.store.getFence(callKey, tryNumber);
    const used = row?.permitDigest === digestJson('decision', decision);
    facts.permits.push({ callKey, try: tryNumber, linkRunId, issuedAt, nonce: approval?.nonce ?? null, used });
  }
}
