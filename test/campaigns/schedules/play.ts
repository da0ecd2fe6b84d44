/** Plays one schedule on a real run with a worker, a store and keys of its own, and gathers the facts. */
import { setTimeout as delay } from 'node:timers/promises';
import { digestJson } from '../../../core/digest.ts';
import type { AgentPack } from '../../../packs/agent-pack.ts';
import { publishPack } from '../../../packs/load-pack.ts';
import type { AskRow } from '../../../store/store.ts';
import { auditRuns } from '../../support/audit-runs.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { keyIdOf } from '../../support/desk.ts';
import { audience, type Harness, type StartedRun, startHarness } from '../../support/harness.ts';
import { resetRun } from '../../support/reset.ts';
import { createOutage, type Outage } from '../../support/store-outage.ts';
import { until } from '../../support/until.ts';
import type { EffectFact, Facts, Span } from './facts.ts';
import { eligibleVoters, type Schedule, type Step } from './schedule.ts';
import { sendingPacks } from './sending-pack.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] };

interface Play {
  harness: Harness;
  run: StartedRun;
  outage: Outage;
  facts: Mutable<Facts>;
  /** The name under which a voter of the schedule is known here. */
  named: (voter: string) => string;
  workerIsUp: boolean;
  storeIsUp: boolean;
}

/** For a request to appear, ms; where nothing can ask, nobody waits. */
const askPatienceMs = 2000;
const endPatienceMs = 60_000;
const mostSignals = 80;
const pollMs = 20;

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
    ...{ quorum: schedule.quorum, eligible: eligibleVoters.map(named), callKeys, effects: [], ended: 'running' },
    ...{ votes: [], revocations: [], cancellations: [], resets: [], storeOutages: [], workerOutages: [] },
    ...{ asks: [], permits: [] },
  };
  const run = await harness.startWith(ticket, input);
  const play: Play = { harness, run, outage, facts, named, workerIsUp: true, storeIsUp: true };
  await until('every call to be asked about', async () => (await asksOf(play)).length >= calls.length);
  for (const step of schedule.steps) await take(play, step);
  await take(play, { kind: 'store-up' });
  await take(play, { kind: 'worker-up' });
  await signal(play, 'control', null);
  facts.ended = await endOf(play);
  facts.effects = effects.filter(({ callKey }) => callKeys.includes(callKey));
  await look(play);
  const { door, store, keys } = harness;
  await auditRuns({ door, store, keys, audience, bundleFolder, workflowIds: [workflowId] });
  return facts;
}

async function take(play: Play, step: Step): Promise<void> {
  const { harness, facts, outage } = play;
  switch (step.kind) {
    case 'vote':
      return await vote(play, step);
    case 'revoke': {
      const from = Date.now();
      await harness.desk.control({ kind: 'api-key-revocation', keyId: keyIdOf(play.named(step.who)), by: 'rita' });
      facts.revocations.push({ principal: play.named(step.who), from, doneAt: Date.now() });
      return;
    }
    case 'wait':
      await delay(step.ms);
      return;
    case 'pass-deadline': {
      const latest = Math.max(0, ...(await asksOf(play)).map(({ deadlineAt }) => deadlineAt));
      if (latest > Date.now()) await delay(latest - Date.now() + 30);
      return;
    }
    case 'cancel':
      if (await reached(() => harness.door.cancel(play.run.workflowId)))
        facts.cancellations.push({ acceptedAt: Date.now() });
      return;
    case 'worker-down':
      if (!play.workerIsUp) return;
      play.workerIsUp = false;
      facts.workerOutages.push({ from: Date.now(), to: null });
      await harness.stopWorker();
      return;
    case 'worker-up':
      if (play.workerIsUp) return;
      play.workerIsUp = true;
      await harness.startWorker();
      close(facts.workerOutages);
      return;
    case 'store-down':
      if (!play.storeIsUp) return;
      play.storeIsUp = false;
      facts.storeOutages.push({ from: Date.now(), to: null });
      outage.begin();
      return;
    case 'store-up':
      if (play.storeIsUp) return;
      play.storeIsUp = true;
      close(facts.storeOutages);
      outage.end();
      return;
    case 'reset':
      return await reset(play, step.point);
    case 'new-link':
      return await makeNewLink(play);
  }
}

async function vote(play: Play, step: Extract<Step, { kind: 'vote' }>): Promise<void> {
  const { harness, facts, run } = play;
  const ask = await newestAsk(play, step.call);
  if (!ask) return;
  const signed = harness.desk.vote(ask, { principal: play.named(step.by), verdict: step.verdict, reason: null });
  const { nonce, callKey, principal, verdict, castAt } = signed.body;
  const fact = {
    nonce,
    callKey,
    principal,
    verdict,
    castAt,
    storedAt: null as number | null,
    signalledAt: null as number | null,
  };
  // Before it is sent: whatever follows from it must find it here.
  facts.votes.push(fact);
  if (step.how !== 'signalled') {
    const stored = await harness.store.storeVote(signed, digestJson('vote', signed));
    if (stored.kind === 'stored') fact.storedAt = Date.now();
  }
  if (step.how !== 'stored' && (await reached(() => harness.door.signal(run.workflowId, 'vote', signed))))
    fact.signalledAt = Date.now();
}

async function reset(play: Play, point: Extract<Step, { kind: 'reset' }>['point']): Promise<void> {
  const { harness, facts, run } = play;
  const from = Date.now();
  for (const wanted of [point, 'the-end'] as const) {
    try {
      const newLinkRunId = await resetRun(harness.door, run.workflowId, wanted);
      facts.resets.push({ from, doneAt: Date.now(), newLinkRunId });
      return;
    } catch {
      // The history has no such point, or the run ends at this very moment: then the next one, or none.
    }
  }
}

/** Junk fills the history until the link ends by itself. */
async function makeNewLink(play: Play): Promise<void> {
  if (!play.workerIsUp) return;
  const before = await newestLink(play);
  for (let sent = 0; sent < mostSignals; sent += 1) {
    if (!(await signal(play, 'vote', { junk: sent })) || (await newestLink(play)) !== before) return;
  }
}

async function newestLink({ harness, run }: Play): Promise<string> {
  return (await harness.door.client.workflow.getHandle(run.workflowId).describe()).runId;
}

async function signal({ harness, run }: Play, name: 'control' | 'vote', body: unknown): Promise<boolean> {
  return await reached(() => harness.door.signal(run.workflowId, name, body));
}

/** Whether the server took it: a run that has ended takes nothing. */
async function reached(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch {
    return false;
  }
}

async function newestAsk(play: Play, call: number): Promise<AskRow | undefined> {
  const callKey = play.facts.callKeys[call] ?? play.facts.callKeys[0];
  const { resets } = play.facts;
  const end = Date.now() + askPatienceMs;
  for (;;) {
    const own = (await asksOf(play)).filter((ask) => ask.callKey === callKey && ask.kind === 'call');
    const newest = own.toSorted((one, other) => one.ask.issuedAt - other.ask.issuedAt).at(-1);
    // After a reset it asks anew, if there is anybody to ask: otherwise the vote is for what was asked before.
    const isNew = (newest?.ask.issuedAt ?? 0) > (resets.at(-1)?.from ?? 0);
    if (isNew || !play.workerIsUp || !play.storeIsUp || Date.now() > end) return newest;
    await delay(pollMs);
  }
}

async function asksOf({ harness, run }: Play): Promise<AskRow[]> {
  return await harness.store.listAsks({ workflowId: run.workflowId, limit: 100 });
}

async function endOf({ run }: Play): Promise<string> {
  const result = run.result().then(
    ({ outcome }) => outcome as string,
    (error: unknown) => {
      const cause = error instanceof Error ? error.cause : undefined;
      const name = cause instanceof Error ? cause.name : '';
      return name === 'CancelledFailure'
        ? 'cancelled'
        : `failed: ${cause instanceof Error ? cause.message : String(error)}`;
    },
  );
  return await Promise.race([result, delay(endPatienceMs, 'running', { ref: false })]);
}

async function look(play: Play): Promise<void> {
  const { harness, run, facts } = play;
  facts.asks = (await asksOf(play)).flatMap(({ ask: { body }, nonce, callKey, deadlineAt, outcome, kind }) =>
    body.verdict === 'ask' && kind === 'call'
      ? [{ nonce, callKey, askedAt: body.ask.askedAt, deadlineAt, executeWithinMs: body.ask.executeWithinMs, outcome }]
      : [],
  );
  facts.permits = (await harness.store.listDecisions(run.workflowId)).flatMap(({ body, issuedAt }) =>
    body.verdict === 'allow' && body.purpose === 'execute'
      ? [
          {
            callKey: body.callKey,
            try: body.try,
            linkRunId: body.linkRunId,
            issuedAt,
            nonce: body.approval?.nonce ?? null,
          },
        ]
      : [],
  );
}

function close(spans: Span[]): void {
  const last = spans.at(-1);
  if (last) last.to = Date.now();
}
