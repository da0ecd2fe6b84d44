/** Whether an effect had leave to happen: a decision for exactly this, on an approval or a grant that stood (P1, P2). */
import type { AskFact, EffectFact, Facts, PermitFact, VoteFact } from './facts.ts';
import { leaseMs, whatIsWrongWithGrant } from './judge-grant.ts';
import { coAuthorsOf, everRevoked, revokedBefore, tally } from './tally.ts';

/** Between the store's last word before an outage or a freeze and the effect, which takes no time here, ms. */
const landingMs = 500;

/** Also of those that nothing came of: while the fleet is frozen, nothing is permitted. */
export function judgePermit({ freezes }: Facts, { callKey, try: tryNumber, issuedAt }: PermitFact): string[] {
  const frozen = freezes.some(({ doneAt, thawFrom }) => issuedAt > doneAt && issuedAt < (thawFrom ?? issuedAt + 1));
  return frozen ? [`${callKey} try ${tryNumber}: it was permitted while the fleet was frozen`] : [];
}

export function judgeEffect(facts: Facts, effect: EffectFact): string[] {
  const name = `${effect.callKey} try ${effect.try}`;
  const permits = facts.permits.filter((permit) => permit.callKey === effect.callKey && permit.try === effect.try);
  const before = permits.filter(({ issuedAt }) => issuedAt <= effect.at);
  // P1: a decision for exactly that call and try, and earlier than it.
  if (before.length === 0) return [`${name} happened without a decision`];
  // The one under which it was reserved; where there is none, at least one of them must account for it.
  const used = before.filter(({ reservedAt }) => reservedAt !== null);
  const accounts = (used.length > 0 ? used : before).map((permit) => whatIsWrong(facts, permit, effect));
  const best = accounts.toSorted((one, other) => one.length - other.length)[0] ?? [];
  return [...best, ...whatStoodStill(facts, effect)].map((what) => `${name}: ${what}`);
}

function whatStoodStill({ storeOutages, freezes }: Facts, { at }: EffectFact): string[] {
  const within = (from: number, to: number | null): boolean => at > from + landingMs && (to === null || at < to);
  return [
    ...(storeOutages.some(({ from, to }) => within(from, to)) ? ['it happened while the store was away'] : []),
    ...(freezes.some((one) => within(one.doneAt, one.thawFrom)) ? ['it happened while the fleet was frozen'] : []),
  ];
}

function whatIsWrong(facts: Facts, permit: PermitFact, effect: EffectFact): string[] {
  const { issuedAt, reservedAt } = permit;
  const wrong = permit.grant
    ? whatIsWrongWithGrant(facts, { permit, grant: permit.grant, effect })
    : whatIsWrongWithApproval(facts, permit, effect);
  // A run that is being cancelled starts nothing more, unless somebody reset it since.
  const cancelled = facts.cancellations.find(
    ({ acceptedAt }) => issuedAt > acceptedAt && !facts.resets.some(({ doneAt }) => doneAt > acceptedAt),
  );
  if (cancelled) wrong.push('it was permitted after the run was told to end');
  // A freeze ends what was permitted before it, also once it is over.
  if (facts.freezes.some(({ from, doneAt }) => issuedAt < from && reservedAt !== null && reservedAt > doneAt))
    wrong.push('it was reserved on a permit from before a freeze');
  return wrong;
}

function whatIsWrongWithApproval(facts: Facts, permit: PermitFact, effect: EffectFact): string[] {
  const ask = facts.asks.find(({ nonce, callKey }) => nonce === permit.nonce && callKey === permit.callKey);
  if (!ask) return ['its permit rests on no request for this call'];
  const { issuedAt, reservedAt } = permit;
  const wrong: string[] = [];
  // P2: what they were shown is what ran.
  if (effect.name !== ask.name) wrong.push(`"${ask.name}" was approved, and "${effect.name}" happened`);
  // P2: quorum, of people who still stand and did not write it, from votes that can have been there.
  const coAuthors = coAuthorsOf(facts, ask);
  const { outcome, decidedAt } = tally(facts, ask, {
    counts: (vote) =>
      vote.verdict === 'approve'
        ? vote.castAt <= issuedAt && !revokedBefore(facts, vote.principal, issuedAt)
        : vote.storedAt !== null && vote.storedAt < issuedAt && !everRevoked(facts, vote.principal),
    takesBack: ({ storedAt }) => storedAt !== null && storedAt < (reservedAt ?? issuedAt),
    mayApprove: (principal) => !coAuthors.has(principal),
  });
  if (outcome !== 'approved' || decidedAt === null)
    wrong.push(`it was ${outcome} by those who may, with a quorum of ${facts.quorum}`);
  // P2: an approval expires.
  else if (issuedAt > decidedAt + ask.executeWithinMs) wrong.push('its approval had expired when it was permitted');
  else if (effect.at > decidedAt + ask.executeWithinMs + leaseMs)
    wrong.push('its approval had expired when it happened');
  // A denial of the same thing holds for the whole run, whatever request it answered.
  const isBefore = ({ storedAt }: VoteFact): boolean => storedAt !== null && storedAt < issuedAt;
  if (facts.votes.some((vote) => isBefore(vote) && isStandingDenial(facts, vote, ask)))
    wrong.push('a person had denied it before it was permitted');
  // A reset voids what was approved before it.
  for (const reset of facts.resets) {
    if (issuedAt > reset.doneAt && ask.askedAt < reset.from)
      wrong.push('it was approved before a reset and permitted after it');
  }
  return wrong;
}

/** Of just this call with just these arguments, by whoever may, in time. */
function isStandingDenial(facts: Facts, vote: VoteFact, of: AskFact): boolean {
  const ask = facts.asks.find(({ nonce }) => nonce === vote.nonce);
  return (
    vote.verdict === 'deny' &&
    ask !== undefined &&
    ask.callKey === of.callKey &&
    ask.name === of.name &&
    facts.eligible.includes(vote.principal) &&
    !everRevoked(facts, vote.principal) &&
    vote.castAt >= ask.askedAt &&
    vote.castAt <= ask.deadlineAt &&
    isFirstOf(facts, vote)
  );
}

/** A second vote of the same person on a request changes nothing. */
function isFirstOf({ votes }: Facts, vote: VoteFact): boolean {
  return !votes.some(
    ({ nonce, principal, castAt }) => nonce === vote.nonce && principal === vote.principal && castAt < vote.castAt,
  );
}
