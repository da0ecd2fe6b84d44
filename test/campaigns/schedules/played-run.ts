/** The run that a schedule is played on: what it was asked about, and ways to reach it that fail quietly when it is over. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { cardSchema } from '../../../core/contracts/approval.ts';
import type { AskRow } from '../../../store/store.ts';
import type { Harness, StartedRun } from '../../support/harness.ts';
import type { Outage } from '../../support/store-outage.ts';
import type { EffectFact, Facts } from './facts.ts';
import type { CallIndex } from './schedule.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] };

export interface Play {
  harness: Harness;
  run: StartedRun;
  outage: Outage;
  facts: Mutable<Facts>;
  /** Of the whole stage. */
  effects: readonly EffectFact[];
  /** The name under which a voter of the schedule is known here. */
  named: (voter: string) => string;
  workerIsUp: boolean;
  storeIsUp: boolean;
}

/** For a request to appear, ms; where nothing can ask, nobody waits. */
const askPatienceMs = 3000;
const pollMs = 20;
const argumentsSchema = z.object({ name: z.string() });

export async function signal({ harness, run }: Play, name: 'control' | 'vote', body: unknown): Promise<boolean> {
  return await reached(() => harness.door.signal(run.workflowId, name, body));
}

/** Whether the server took it: a run that has ended takes nothing. */
export async function reached(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch {
    return false;
  }
}

export async function newestAsk(play: Play, call: CallIndex): Promise<AskRow | undefined> {
  const { resets, callKeys } = play.facts;
  const named = `${play.run.workflowId}/${call < 2 ? 1 : 2}.${call % 2}`;
  const callKey = callKeys.includes(named) ? named : callKeys[0];
  const end = Date.now() + askPatienceMs;
  for (;;) {
    const newest = newestOf(await asksOf(play), callKey);
    // After a reset it asks anew, if there is anybody to ask: otherwise the vote is for what was asked before.
    const isNew = (newest?.ask.issuedAt ?? 0) > (resets.at(-1)?.from ?? 0);
    if (isNew || !canAsk(play) || Date.now() > end) return newest;
    // By a grant, without being asked about.
    if (play.effects.some((effect) => effect.callKey === callKey)) return newest;
    await delay(pollMs);
  }
}

/** Each call that was edited is asked about anew, or nobody can ask, or it took too long. */
export async function seeEdits(play: Play): Promise<void> {
  const end = Date.now() + askPatienceMs;
  while (canAsk(play) && Date.now() < end) {
    const asks = await asksOf(play);
    const edits = play.facts.votes.filter(({ verdict }) => verdict === 'edit');
    if (!edits.some(({ callKey, nonce }) => newestOf(asks, callKey)?.nonce === nonce)) return;
    await delay(pollMs);
  }
}

function newestOf(asks: readonly AskRow[], callKey: string | undefined): AskRow | undefined {
  return asks
    .filter((ask) => ask.callKey === callKey && ask.kind === 'call')
    .toSorted((one, other) => one.ask.issuedAt - other.ask.issuedAt)
    .at(-1);
}

function canAsk({ workerIsUp, storeIsUp, facts }: Play): boolean {
  return workerIsUp && storeIsUp && facts.freezes.at(-1)?.thawFrom !== null;
}

export async function asksOf({ harness, run }: Play): Promise<AskRow[]> {
  return await harness.store.listAsks({ workflowId: run.workflowId, limit: 100 });
}

/** Whom it would be sent to, as the card says. */
export function nameOn({ card }: AskRow): string {
  const shown = cardSchema.parse(JSON.parse(card));
  return argumentsSchema.parse(JSON.parse(shown.arguments)).name;
}
