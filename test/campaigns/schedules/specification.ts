/**
 * The judge of schedules: the promises P1, P2, P3 and P5 as rules over facts. It shares no code with the product. Where two
 * things raced, either end is right; a rule speaks only where the order of things is certain.
 */
import type { AskFact, Facts } from './facts.ts';
import { judgeEffect, judgePermit } from './judge-effect.ts';
import { judgeUses } from './judge-grant.ts';
import { type Belief, coAuthorsOf, everEdited, everRevoked, tally } from './tally.ts';

/** @returns what is wrong, in words; empty where the facts keep every promise */
export function judge(facts: Facts): string[] {
  return [
    ...facts.callKeys.flatMap((callKey) => judgeCall(facts, callKey)),
    ...facts.permits.flatMap((permit) => judgePermit(facts, permit)),
    ...facts.effects.flatMap((effect) => judgeEffect(facts, effect)),
    ...facts.grants.flatMap((grant) => judgeUses(facts, grant)),
    ...facts.asks.flatMap((ask) => [...judgeOrigin(facts, ask), ...judgeOutcome(facts, ask)]),
    ...judgeEnd(facts),
    ...(facts.recordDiffers === null ? [] : [facts.recordDiffers]),
  ];
}

/** P5: at most once. And where it was certainly approved and nothing stood against it, it happened. */
function judgeCall(facts: Facts, callKey: string): string[] {
  const effects = facts.effects.filter((effect) => effect.callKey === callKey);
  const wrong: string[] = [];
  if (effects.length > 1) wrong.push(`${callKey} happened ${effects.length} times`);
  if (effects.length === 0 && mustHappen(facts, callKey))
    wrong.push(`${callKey} was approved in time, nothing stood against it, and it did not happen`);
  return wrong;
}

function mustHappen(facts: Facts, callKey: string): boolean {
  const last = facts.asks
    .filter((ask) => ask.callKey === callKey)
    .toSorted(byAsked)
    .at(-1);
  if (!last || facts.cancellations.length > 0) return false;
  if (facts.resets.some(({ doneAt }) => doneAt > last.askedAt)) return false;
  const about = facts.votes.filter((vote) => vote.callKey === callKey);
  if (about.some(({ verdict }) => verdict === 'deny')) return false;
  if (facts.withdrawals.some(({ nonce }) => nonce === last.nonce)) return false;
  const certain = tally(facts, last, certainly(facts, last));
  // An edit that was only signalled may have been there, and cast before.
  const withAll = tally(facts, last, { ...certainly(facts, last), counts: () => true });
  // Where the run took longer than the approval lasts, it may have grown old before anybody could use it.
  const inTime = certain.decidedAt !== null && facts.endedAt <= certain.decidedAt + last.executeWithinMs;
  return certain.outcome === 'approved' && withAll.outcome === 'approved' && inTime;
}

function certainly(facts: Facts, { callKey, deadlineAt }: AskFact): Belief {
  return {
    counts: ({ principal, storedAt }) => storedAt !== null && storedAt <= deadlineAt && !everRevoked(facts, principal),
    takesBack: () => true,
    mayApprove: (principal) => !everEdited(facts, callKey, principal),
  };
}

/** What people are asked about is what the agent asked for, or what somebody who may made of it. */
function judgeOrigin(facts: Facts, ask: AskFact): string[] {
  if (ask.name === facts.names[ask.callKey]) return [];
  const edit = facts.votes.find(({ callKey, editedTo }) => callKey === ask.callKey && editedTo === ask.name);
  const edited = facts.asks.find(({ nonce }) => nonce === edit?.nonce);
  const isTheirs =
    edit !== undefined &&
    edited?.editable === true &&
    facts.eligible.includes(edit.principal) &&
    edit.castAt <= Math.min(edited.deadlineAt, ask.askedAt);
  return isTheirs
    ? []
    : [`request ${ask.nonce} of ${ask.callKey} is about "${ask.name}", which nobody made it who may`];
}

/** What the database says of a request is what the votes say. P3: silence is an expiry, and never a person's denial. */
function judgeOutcome(facts: Facts, ask: AskFact): string[] {
  const name = `request ${ask.nonce} of ${ask.callKey}`;
  const coAuthors = coAuthorsOf(facts, ask);
  const possibly = (verdict: 'approve' | 'deny'): boolean =>
    tally({ ...facts, quorum: verdict === 'approve' ? facts.quorum : Number.MAX_SAFE_INTEGER }, ask, {
      counts: (vote) => vote.verdict === verdict,
      takesBack: () => false,
      mayApprove: (principal) => !coAuthors.has(principal),
    }).outcome !== 'open';
  switch (ask.outcome) {
    case 'approved':
      return possibly('approve') ? [] : [`${name} is approved, and its quorum was never there in time`];
    case 'denied':
      return possibly('deny') || deniedElsewhere(facts, ask)
        ? []
        : [`${name} is denied, and nobody who may denied it in time`];
    case 'expired': {
      const { outcome } = tally(facts, ask, certainly(facts, ask));
      return outcome === 'open' || facts.votes.some(({ principal }) => everRevoked(facts, principal))
        ? []
        : [`${name} expired, and it was ${outcome} in time`];
    }
    case 'withdrawn':
      // A run that was told to end closes what it had asked; a reset may make it complete all the same.
      return facts.cancellations.length > 0 || facts.withdrawals.some(({ nonce }) => nonce === ask.nonce)
        ? []
        : [`${name} is withdrawn, and nobody took anything back`];
    default:
      return [];
  }
}

function judgeEnd({ ended, cancellations }: Facts): string[] {
  if (ended === 'completed') return [];
  if (ended === 'cancelled' && cancellations.length > 0) return [];
  return [`the run is ${ended}`];
}

/** A no to the same thing holds for the whole run, whatever request it answered. */
function deniedElsewhere(facts: Facts, { callKey, name }: AskFact): boolean {
  const same = new Set(
    facts.asks.filter((ask) => ask.callKey === callKey && ask.name === name).map((one) => one.nonce),
  );
  return facts.votes.some(
    ({ verdict, nonce, principal }) => verdict === 'deny' && same.has(nonce) && facts.eligible.includes(principal),
  );
}

function byAsked(one: AskFact, other: AskFact): number {
  return one.askedAt - other.askedAt;
}
