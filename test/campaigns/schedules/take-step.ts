/** Does one step of a schedule to a real run, and notes when it was certainly begun and done. */
import { setTimeout as delay } from 'node:timers/promises';
import { digestJson } from '../../../core/digest.ts';
import type { AskRow } from '../../../store/store.ts';
import { keyIdOf } from '../../support/desk.ts';
import type { Harness, StartedRun } from '../../support/harness.ts';
import { resetRun } from '../../support/reset.ts';
import type { Outage } from '../../support/store-outage.ts';
import type { Facts, Span } from './facts.ts';
import type { Step } from './schedule.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] };

export interface Play {
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
const mostSignals = 80;
const lateMs = 20;
const pollMs = 20;

export async function takeStep(play: Play, step: Step): Promise<void> {
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
  if (step.when === 'just-late') await delay(Math.max(0, ask.deadlineAt + lateMs - Date.now()));
  const signed = harness.desk.vote(ask, { principal: play.named(step.by), verdict: step.verdict, reason: null });
  const { nonce, callKey, principal, castAt } = signed.body;
  const { verdict } = step;
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
    // A second one of the same person: the gateway keeps the first and sends nothing.
    if (stored.kind === 'duplicate') return;
    fact.storedAt = Date.now();
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

export async function signal({ harness, run }: Play, name: 'control' | 'vote', body: unknown): Promise<boolean> {
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

export async function asksOf({ harness, run }: Play): Promise<AskRow[]> {
  return await harness.store.listAsks({ workflowId: run.workflowId, limit: 100 });
}

function close(spans: Span[]): void {
  const last = spans.at(-1);
  if (last) last.to = Date.now();
}
