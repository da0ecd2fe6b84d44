/** What a campaign of schedules did and what came of it, counted; and what it never came to, so that it proved nothing of it. */
import type { Table } from '../campaign.ts';
import type { Facts } from './facts.ts';
import type { Schedule, Step } from './schedule.ts';

export interface Played {
  schedule: Schedule;
  facts: Facts;
}

type Count = readonly [what: string, of: (facts: Facts) => number];

/** Each of them has rules of its own in the specification, which say nothing while it does not occur. */
const mustBeSeen: readonly Count[] = [
  ['freezes', ({ freezes }) => freezes.length],
  ['edits taken', (facts) => asksOfEdited(facts).length],
  ['of them approved and done', effectsOfEdited],
  ['withdrawals', ({ withdrawals }) => withdrawals.length],
  ['requests withdrawn', ({ asks }) => count(asks, ({ outcome }) => outcome === 'withdrawn')],
  ['grants given', ({ grants }) => grants.length],
  ['calls let through by a grant', ({ permits }) => count(permits, ({ grant }) => grant !== null)],
];

export function neverSeen(played: readonly Played[]): string[] {
  return mustBeSeen.filter(([, of]) => played.every(({ facts }) => of(facts) === 0)).map(([what]) => what);
}

export function tableOf(played: readonly Played[], failed: number): Table {
  const sum = (of: (facts: Facts) => number): number => played.reduce((all, { facts }) => all + of(facts), 0);
  const steps = (kind: Step['kind']): number =>
    played.reduce((all, { schedule }) => all + count(schedule.steps, (one) => one.kind === kind), 0);
  const outcomes = (wanted: string): number => sum(({ asks }) => count(asks, ({ outcome }) => outcome === wanted));
  const rows: Table['rows'] = [
    ['schedules played', played.length],
    ['steps', played.reduce((all, { schedule }) => all + schedule.steps.length, 0)],
    ['votes', sum(({ votes }) => votes.length)],
    ['of them after the deadline', sum(lateVotes)],
    ...mustBeSeen.map(([what, of]) => [what, sum(of)] as const),
    ['resets', sum(({ resets }) => resets.length)],
    ['runs told to end', sum(({ cancellations }) => cancellations.length)],
    ['new links asked for', steps('new-link')],
    ['outages of the worker', sum(({ workerOutages }) => workerOutages.length)],
    ['of them over a deadline', sum(outagesOverDeadline)],
    ['outages of the store', sum(({ storeOutages }) => storeOutages.length)],
    ['requests approved', outcomes('approved')],
    ['requests denied', outcomes('denied')],
    ['requests expired', outcomes('expired')],
    ['requests superseded', outcomes('superseded')],
    ['calls', sum(({ callKeys }) => callKeys.length)],
    ['effects', sum(({ effects }) => effects.length)],
    ['effects twice', sum(effectsTwice)],
    ['schedules that broke a rule', failed],
  ];
  return { columns: ['what', 'how many'], rows };
}

function lateVotes({ votes, asks }: Facts): number {
  return count(votes, ({ nonce, castAt }) => asks.some((ask) => ask.nonce === nonce && castAt > ask.deadlineAt));
}

function asksOfEdited({ asks, names }: Facts): Facts['asks'] {
  return asks.filter(({ callKey, name }) => name !== names[callKey]);
}

function effectsOfEdited({ effects, names }: Facts): number {
  return count(effects, ({ callKey, name }) => name !== names[callKey]);
}

function outagesOverDeadline({ workerOutages, asks }: Facts): number {
  return count(workerOutages, ({ from, to }) =>
    asks.some(({ deadlineAt }) => deadlineAt > from && deadlineAt < (to ?? 0)),
  );
}

function effectsTwice({ callKeys, effects }: Facts): number {
  return count(callKeys, (key) => count(effects, ({ callKey }) => callKey === key) > 1);
}

function count<T>(all: readonly T[], which: (one: T) => boolean): number {
  return all.filter(which).length;
}
