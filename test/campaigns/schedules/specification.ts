/**
 * The judge of schedules: the promises P1, P2, P3 and P5 as rules over facts. It shares no code with the product. Where two
 * things raced, either end is right; a rule speaks only where the order of things is certain.
 */
import type { AskFact, EffectFact, Facts, PermitFact } from './facts.ts';
import { tally } from './tally.ts';

/** Between the last step of the fence and the effect, ms: the tool's whole time. */
const leaseMs = 3000;
/** Between the store's last word before an outage and the effect, which takes no time here, ms. */
const landingMs = 500;

/** @returns what is wrong, in words; empty where the facts keep every promise */
export function judge(facts: Facts): string[] {
  return [
    ...facts.callKeys.flatMap((callKey) => judgeCall(facts, callKey)),
    ...facts.effects.flatMap((effect) => judgeEffect(facts, effect)),
    ...facts.asks.flatMap((ask) => judgeOutcome(facts, ask)),
    ...judgeEnd(facts),
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
  const certain = tally(
    facts,
    last,
    ({ principal, storedAt }) => storedAt !== null && storedAt <= last.deadlineAt && !everRevoked(facts, principal),
  );
  // Where the run took longer than the approval lasts, it may have grown old before anybody could use it.
  const inTime = certain.decidedAt !== null && facts.endedAt <= certain.decidedAt + last.executeWithinMs;
  return certain.outcome === 'approved' && inTime;
}

function judgeEffect(facts: Facts, effect: EffectFact): string[] {
  const name = `${effect.callKey} try ${effect.try}`;
  const permits = facts.permits.filter((permit) => permit.callKey === effect.callKey && permit.try === effect.try);
  const before = permits.filter(({ issuedAt }) => issuedAt <= effect.at);
  // P1: a decision for exactly that call and try, and earlier than it.
  if (before.length === 0) return [`${name} happened without a decision`];
  // The one under which it was reserved; where there is none, at least one of them must account for it.
  const used = before.filter((permit) => permit.used);
  const accounts = (used.length > 0 ? used : before).map((permit) => whatIsWrong(facts, permit, effect));
  const best = accounts.toSorted((one, other) => one.length - other.length)[0] ?? [];
  const outage = facts.storeOutages.find(
    ({ from, to }) => effect.at > from + landingMs && (to === null || effect.at < to),
  );
  return [...best, ...(outage ? ['it happened while the store was away'] : [])].map((what) => `${name}: ${what}`);
}

function whatIsWrong(facts: Facts, permit: PermitFact, effect: EffectFact): string[] {
  const ask = facts.asks.find(({ nonce, callKey }) => nonce === permit.nonce && callKey === permit.callKey);
  if (!ask) return ['its permit rests on no request for this call'];
  const wrong: string[] = [];
  // P2: quorum, of people who still stand, from votes that can have been there.
  const { outcome, decidedAt } = tally(facts, ask, (vote) =>
    vote.verdict === 'approve'
      ? vote.castAt <= permit.issuedAt && !revokedBefore(facts, vote.principal, permit.issuedAt)
      : vote.storedAt !== null && vote.storedAt < permit.issuedAt && !everRevoked(facts, vote.principal),
  );
  if (outcome !== 'approved' || decidedAt === null)
    wrong.push(`it was ${outcome} by those who may, with a quorum of ${facts.quorum}`);
  // P2: an approval expires.
  else if (permit.issuedAt > decidedAt + ask.executeWithinMs)
    wrong.push('its approval had expired when it was permitted');
  else if (effect.at > decidedAt + ask.executeWithinMs + leaseMs)
    wrong.push('its approval had expired when it happened');
  // A denial of the same thing holds for the whole run, whatever request it answered.
  const denied = facts.votes.some((vote) => isStandingDenial(facts, vote, permit));
  if (denied) wrong.push('a person had denied it before it was permitted');
  // A run that is being cancelled starts nothing more, unless somebody reset it since.
  const cancelled = facts.cancellations.find(
    ({ acceptedAt }) => permit.issuedAt > acceptedAt && !facts.resets.some(({ doneAt }) => doneAt > acceptedAt),
  );
  if (cancelled) wrong.push('it was permitted after the run was told to end');
  // A reset voids what was approved before it.
  for (const reset of facts.resets) {
    if (permit.issuedAt > reset.doneAt && ask.askedAt < reset.from)
      wrong.push('it was approved before a reset and permitted after it');
  }
  return wrong;
}

function isStandingDenial(facts: Facts, vote: Facts['votes'][number], permit: PermitFact): boolean {
  const ask = facts.asks.find(({ nonce }) => nonce === vote.nonce);
  return (
    vote.verdict === 'deny' &&
    vote.callKey === permit.callKey &&
    facts.eligible.includes(vote.principal) &&
    !everRevoked(facts, vote.principal) &&
    ask !== undefined &&
    vote.castAt >= ask.askedAt &&
    vote.castAt <= ask.deadlineAt &&
    vote.storedAt !== null &&
    vote.storedAt < permit.issuedAt &&
    isFirstOf(facts, vote)
  );
}

/** What the database says of a request is what the votes say. P3: silence is an expiry, and never a person's denial. */
function judgeOutcome(facts: Facts, ask: AskFact): string[] {
  const name = `request ${ask.nonce} of ${ask.callKey}`;
  const possibly = (verdict: 'approve' | 'deny'): boolean =>
    tally(
      { ...facts, quorum: verdict === 'approve' ? facts.quorum : Number.MAX_SAFE_INTEGER },
      ask,
      (vote) => vote.verdict === verdict,
    ).outcome !== 'open';
  switch (ask.outcome) {
    case 'approved':
      return possibly('approve') ? [] : [`${name} is approved, and its quorum was never there in time`];
    case 'denied':
      return possibly('deny') || deniedElsewhere(facts, ask)
        ? []
        : [`${name} is denied, and nobody who may denied it in time`];
    case 'expired': {
      const certain = tally(
        facts,
        ask,
        ({ storedAt, principal }) => storedAt !== null && storedAt <= ask.deadlineAt && !everRevoked(facts, principal),
      );
      return certain.outcome === 'open' || facts.votes.some(({ principal }) => everRevoked(facts, principal))
        ? []
        : [`${name} expired, and it was ${certain.outcome} in time`];
    }
    default:
      return [];
  }
}

function judgeEnd({ ended, cancellations }: Facts): string[] {
  if (ended === 'completed') return [];
  if (ended === 'cancelled' && cancellations.length > 0) return [];
  return [`the run is ${ended}`];
}

function deniedElsewhere(facts: Facts, ask: AskFact): boolean {
  return facts.votes.some(
    ({ verdict, callKey, principal }) =>
      verdict === 'deny' && callKey === ask.callKey && facts.eligible.includes(principal),
  );
}

/** A second vote of the same person on a request changes nothing. */
function isFirstOf({ votes }: Facts, vote: Facts['votes'][number]): boolean {
  return !votes.some(
    ({ nonce, principal, castAt }) => nonce === vote.nonce && principal === vote.principal && castAt < vote.castAt,
  );
}

function revokedBefore({ revocations }: Facts, who: string, at: number): boolean {
  return revocations.some(({ principal, doneAt }) => principal === who && doneAt < at);
}

function everRevoked({ revocations }: Facts, who: string): boolean {
  return revocations.some(({ principal }) => principal === who);
}

function byAsked(one: AskFact, other: AskFact): number {
  return one.askedAt - other.askedAt;
}
