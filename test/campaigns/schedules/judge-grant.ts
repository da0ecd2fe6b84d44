/** Whether a call had leave by a grant: its people, its pattern, its time, its uses, each of them recorded (P2). */
import type { EffectFact, Facts, GrantFact, PermitFact } from './facts.ts';
import { everRevoked, revokedBefore, tally } from './tally.ts';

/** Between the last step of the fence and the effect, ms: the tool's whole time. */
export const leaseMs = 3000;

interface Granted {
  permit: PermitFact;
  grant: { grantId: string; use: number };
  effect: EffectFact;
}

export function whatIsWrongWithGrant(facts: Facts, { permit, grant: by, effect }: Granted): string[] {
  const grant = facts.grants.find(({ grantId }) => grantId === by.grantId);
  if (!grant) return ['its permit rests on a grant that nobody gave'];
  const { issuedAt } = permit;
  const until = permit.reservedAt ?? issuedAt;
  const wrong: string[] = [];
  if (!effect.name.startsWith(grant.prefix) || effect.name !== facts.names[permit.callKey])
    wrong.push(`its grant does not cover "${effect.name}"`);
  if (permit.try !== 1) wrong.push('a further try needs people, and it had a grant');
  if (issuedAt > grant.expiresAt || effect.at > grant.expiresAt + leaseMs) wrong.push('its grant had expired');
  if (facts.grantRevocations.some(({ grantId, doneAt }) => grantId === by.grantId && doneAt < until))
    wrong.push('its grant was revoked before it was reserved');
  if (facts.resets.some(({ doneAt }) => doneAt < issuedAt)) wrong.push('a reset had voided its grant');
  if (!isApproved(facts, grant, permit)) wrong.push(`its grant had not the votes of a quorum of ${facts.quorum}`);
  // After a person's no, everything asks.
  if (facts.votes.some((vote) => isDenial(facts, vote, issuedAt)))
    wrong.push('somebody had denied a call of the run, and it was not asked about');
  const recorded = facts.uses.filter((use) => use.callKey === permit.callKey && use.try === permit.try);
  if (recorded.length !== 1 || recorded[0]?.grantId !== by.grantId || recorded[0].number !== by.use)
    wrong.push(`use ${by.use} of its grant is recorded ${recorded.length} times`);
  return wrong;
}

/** By the votes on its request that name it. */
function isApproved(facts: Facts, { grantId, nonce }: GrantFact, { issuedAt, reservedAt }: PermitFact): boolean {
  const ask = facts.asks.find((one) => one.nonce === nonce);
  if (!ask) return false;
  const { outcome } = tally(facts, ask, {
    counts: (vote) =>
      vote.verdict === 'approve'
        ? vote.grantId === grantId && vote.castAt <= issuedAt && !revokedBefore(facts, vote.principal, issuedAt)
        : vote.storedAt !== null && vote.storedAt < issuedAt && !everRevoked(facts, vote.principal),
    takesBack: ({ storedAt }) => storedAt !== null && storedAt < (reservedAt ?? issuedAt),
    mayApprove: () => true,
  });
  return outcome === 'approved';
}

function isDenial(facts: Facts, { nonce, principal, verdict, castAt, storedAt }: Facts['votes'][number], by: number) {
  const ask = facts.asks.find((one) => one.nonce === nonce);
  return (
    verdict === 'deny' &&
    ask?.outcome === 'denied' &&
    castAt <= ask.deadlineAt &&
    storedAt !== null &&
    storedAt < by &&
    facts.eligible.includes(principal) &&
    !everRevoked(facts, principal)
  );
}

/** No number twice, none above what was given, no call twice. */
export function judgeUses({ uses, effects }: Facts, { grantId, uses: most }: GrantFact): string[] {
  const own = uses.filter((use) => use.grantId === grantId);
  const numbers = new Set(own.map(({ number }) => number));
  const calls = new Set(own.map((use) => `${use.callKey} ${use.try}`));
  const wrong: string[] = [];
  if (own.length > most || own.some(({ number }) => number < 1 || number > most))
    wrong.push(`grant ${grantId} was used ${own.length} times, and given for ${most}`);
  if (numbers.size !== own.length || calls.size !== own.length)
    wrong.push(`two uses of grant ${grantId} are recorded as one, or one as two`);
  if (effects.filter(({ callKey, try: one }) => calls.has(`${callKey} ${one}`)).length > most)
    wrong.push(`grant ${grantId} let more happen than the ${most} it was given for`);
  return wrong;
}
