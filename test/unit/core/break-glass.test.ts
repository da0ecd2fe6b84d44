/** P2, P3: break-glass stands in for people who do not answer, and never against a denial, an edit, the deadline or its terms. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askDigestOf, decideApproval, type VoteEvidence } from '../../../core/approval.ts';
import type { ApprovalTerms, VoteBody } from '../../../core/contracts/approval.ts';
import type { Ask } from '../../../core/contracts/decision.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { decideGrant } from '../../../core/grant/decide-grant.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { signerOf } from '../../../keys/index.ts';
import { grantFor } from '../../support/grants.ts';
import { ask as anyAsk, askBody, issuedAt, testKey, voteBody } from '../../vectors/samples.ts';

const signedAsk = sealEnvelope(signerOf('decision', testKey('decision').privateKey), 'decision', 'test', askBody, {
  issuedAt,
});
const askDigest = askDigestOf(signedAsk);
const terms: ApprovalTerms = {
  ...anyAsk.terms,
  quorum: 3,
  denials: 2,
  breakGlass: { role: 'lead', perDay: 3, reviewWithinMs: 86_400_000 },
};
const digest = digestText('arguments', '{}');
const ask: Ask = { ...anyAsk, terms, editable: { schemaBody: digest, left: 1 } };

type Change = Partial<VoteBody> & { valid?: boolean; eligible?: boolean };
function evidence({ valid = true, eligible = true, ...change }: Change = {}): VoteEvidence {
  const body: VoteBody = { ...voteBody, askDigest, castAt: issuedAt + 1000, ...change };
  const { kid } = testKey('vote');
  const vote = {
    domain: 'vote' as const,
    kid,
    audience: 'test',
    issuedAt: body.castAt,
    body,
    signature: 'A'.repeat(86),
  };
  return { vote, digest: digestJson('vote', vote), valid, eligible };
}
const confirmed = { ...voteBody.authenticated, stepUp: 'typed-yes' as const };
const breaking: Change = {
  verdict: 'break-glass',
  principal: 'mia',
  roles: ['lead'],
  reason: 'it burns',
  authenticated: confirmed,
};
const broken = (change: Change = {}): VoteEvidence => evidence({ ...breaking, ...change });
const decide = (votes: readonly VoteEvidence[], changes: Partial<Ask> = {}, closed = false) =>
  decideApproval({ ask: { ...ask, ...changes }, askDigest, votes, closed });

describe('break-glass', () => {
  test('approves alone what needs three: the control of the cases below', () => {
    const vote = broken();
    expect(decide([vote])).toMatchObject({ outcome: 'approved', decidedBy: vote.vote, countedDigests: [vote.digest] });
  });

  test.each<[string, Change, Partial<Ask>?]>([
    ['without a reason', { reason: null }],
    ['with a reason of blanks', { reason: ' \n' }],
    ['with a reason that nobody can see', { reason: '\u200B\u2800\u3164 \u202E' }],
    ['without a fresh confirmation', { authenticated: voteBody.authenticated }],
    ['without the role of the terms', { roles: ['operator'] }],
    ['that gives a grant besides', { grantDigest: digest }],
    ['after the deadline', { castAt: ask.deadlineAt + 1 }],
    ['before the ask', { castAt: ask.askedAt - 10_001 }],
    ['for another card', { cardDigest: digest }],
    ['for other terms', { termsDigest: digest }],
    ['for another request', { askDigest: digest }],
    ['whose signature does not verify', { valid: false }],
    ['by somebody who may not', { eligible: false }],
    ['by whoever edited the call', {}, { coAuthors: ['mia'] }],
    ['about what became of an effect', {}, { kind: 'reconcile' }],
    ['where the terms know none', {}, { terms: { ...terms, breakGlass: undefined } as unknown as ApprovalTerms }],
    [
      'where the terms name another role',
      {},
      { terms: { ...terms, breakGlass: { role: 'chief', perDay: 1, reviewWithinMs: 1 } } },
    ],
  ])('%s approves nothing', (_name, change, changes) => {
    const vote = broken(change);
    const decided = decide([vote], changes);
    expect(decided.outcome).toBe(null);
    expect(decided.statusByDigest[vote.digest]).not.toBe('counted');
  });

  test('is overruled by one denial, cast before or after it, where the terms want two', () => {
    for (const castAt of [issuedAt + 500, issuedAt + 1000, issuedAt + 5000, ask.deadlineAt]) {
      const vote = broken();
      const decided = decide([vote, evidence({ verdict: 'deny', principal: 'olga', castAt })]);
      expect(decided).toMatchObject({ outcome: null, statusByDigest: { [vote.digest]: 'overruled' } });
    }
  });

  test('is not overruled by a denial that is late, forged, or of somebody who may not', () => {
    for (const change of [{ castAt: ask.deadlineAt + 1 }, { valid: false }, { eligible: false }] satisfies Change[]) {
      expect(decide([broken(), evidence({ verdict: 'deny', principal: 'olga', ...change })]).outcome).toBe('approved');
    }
  });

  test('can be taken back by its voter, and by nobody else', () => {
    const vote = broken();
    const castAt = issuedAt + 2000;
    const back: Change = { verdict: 'withdraw', withdraws: vote.digest, castAt, roles: [], reason: null };
    expect(decide([vote, evidence({ ...back, principal: 'mia' })]).outcome).toBe(null);
    expect(decide([vote, evidence({ ...back, principal: 'olga' })]).outcome).toBe('approved');
  });

  test('is no vote of the quorum, and no second vote of somebody who has answered', () => {
    const quorumOfTwo = { terms: { ...terms, quorum: 2, breakGlass: undefined } as unknown as ApprovalTerms };
    expect(decide([broken(), evidence({ principal: 'olga' })], quorumOfTwo).outcome).toBe(null);
    const again = broken({ castAt: issuedAt + 2000 });
    const decided = decide([evidence({ principal: 'mia' }), again]);
    expect(decided).toMatchObject({ outcome: null, statusByDigest: { [again.digest]: 'duplicate' } });
  });

  test('makes no grant stand', () => {
    const grant = grantFor({ ask: { ...signedAsk, body: { ...askBody, ask } as never }, askDigest });
    expect(decideGrant(grant, [broken()]).outcome).not.toBe('approved');
  });
});

const castTimes = fc.integer({ min: issuedAt - 12_000, max: ask.deadlineAt + 2000 });
const people = fc.constantFrom('mia', 'olga', 'pete');
const anyVote = fc
  .record({
    verdict: fc.constantFrom('approve', 'deny', 'edit', 'break-glass', 'withdraw' as const),
    principal: people,
    castAt: castTimes,
    valid: fc.boolean(),
    eligible: fc.boolean(),
    hasReason: fc.boolean(),
    isConfirmed: fc.boolean(),
    roles: fc.constantFrom('lead', 'operator').map((role) => [role]),
  })
  .map(({ hasReason, isConfirmed, ...change }) =>
    evidence({
      ...change,
      reason: hasReason ? 'it burns' : null,
      authenticated: isConfirmed ? confirmed : voteBody.authenticated,
      ...(change.verdict === 'edit' ? { edits: { argumentsDigest: digest, argumentsBody: digest } } : {}),
      ...(change.verdict === 'withdraw' ? { withdraws: digest } : {}),
    }),
  );

describe('P3 in any interleaving', () => {
  test('break-glass decides only in time, with all that it needs, and where nobody who may has denied', () => {
    fc.assert(
      fc.property(fc.array(anyVote, { maxLength: 8 }), fc.boolean(), (votes, closed) => {
        const { outcome, decidedBy } = decide(votes, {}, closed);
        if (outcome !== 'approved' || decidedBy?.body.verdict !== 'break-glass') return;
        const { body } = decidedBy;
        expect(body.castAt).toBeLessThanOrEqual(ask.deadlineAt);
        expect(body.roles).toContain('lead');
        expect(body.reason).toBe('it burns');
        expect(body.authenticated.stepUp).toBeDefined();
        const denied = votes.some(
          ({ vote, valid, eligible }) =>
            vote.body.verdict === 'deny' &&
            valid &&
            eligible &&
            vote.body.castAt <= ask.deadlineAt &&
            vote.body.castAt >= ask.askedAt - 10_000,
        );
        expect(denied).toBe(false);
      }),
      { numRuns: 600 },
    );
  });

  test('the order in which votes arrive changes nothing', () => {
    const shuffled = fc
      .uniqueArray(anyVote, { maxLength: 6, selector: ({ digest: one }) => one })
      .chain((votes) => fc.tuple(fc.constant(votes), fc.shuffledSubarray(votes, { minLength: votes.length })));
    fc.assert(
      fc.property(shuffled, ([votes, others]) => {
        expect(decide(others)).toEqual(decide(votes));
      }),
      { numRuns: 500 },
    );
  });

  test('terms without it come to the same as if nobody had broken the glass', () => {
    const without = { terms: { ...terms, breakGlass: undefined } as unknown as ApprovalTerms };
    fc.assert(
      fc.property(fc.array(anyVote, { maxLength: 8 }), (votes) => {
        const others = votes.filter(({ vote }) => vote.body.verdict !== 'break-glass');
        expect(decide(votes, without).outcome).toBe(decide(others, without).outcome);
      }),
      { numRuns: 500 },
    );
  });
});
