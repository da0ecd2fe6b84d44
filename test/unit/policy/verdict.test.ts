import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApprovalTerms } from '../../../core/contracts/approval.ts';
import { approvalTermsSchema } from '../../../core/contracts/approval.ts';
import { combineTerms, type PolicyVerdict, stricterVerdict } from '../../../policy/index.ts';
import { mayVote } from './voters.ts';

const names = ['default', 'pair', 'night-shift-of-the-platform-team', 'release-managers-of-all-products'];
const termsArbitrary: fc.Arbitrary<ApprovalTerms> = fc.record({
  name: fc.constantFrom(...names),
  approvers: fc.record({
    roles: fc.subarray(['admin', 'operator']),
    principals: fc.subarray(['alice', 'bob', 'carol']),
  }),
  quorum: fc.integer({ min: 1, max: 3 }),
  deadlineMs: fc.integer({ min: 1, max: 1000 }),
  executeWithinMs: fc.integer({ min: 1, max: 1000 }),
  requesterMayApprove: fc.boolean(),
  reasonRequired: fc.boolean(),
});
const common = {
  rules: fc.array(
    fc.record({
      id: fc.constantFrom('a', 'b'),
      effect: fc.constantFrom('allow', 'ask', 'deny'),
      reason: fc.constantFrom('x', 'y'),
    }),
    { maxLength: 3 },
  ),
  risk: fc.constantFrom('low', 'medium', 'high', 'critical'),
  reasons: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
} as const;
const verdictArbitrary: fc.Arbitrary<PolicyVerdict> = fc.oneof(
  fc.record({ ...common, verdict: fc.constant('allow' as const) }),
  fc.record({ ...common, verdict: fc.constant('ask' as const), terms: termsArbitrary }),
  fc.record({ ...common, verdict: fc.constant('deny' as const) }),
);
const strictness = { allow: 0, ask: 1, deny: 2 };
const risks = ['low', 'medium', 'high', 'critical'];

describe('stricterVerdict', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(verdictArbitrary, verdictArbitrary, (a, b) => {
        expect(stricterVerdict(a, b)).toEqual(stricterVerdict(b, a));
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(verdictArbitrary, verdictArbitrary, (a, b) => {
        const once = stricterVerdict(a, b);
        expect(stricterVerdict(once, once)).toEqual(once);
        expect(stricterVerdict(once, stricterVerdict(a, a))).toEqual(once);
      }),
    );
  });

  it('is never looser than either side', () => {
    fc.assert(
      fc.property(
        verdictArbitrary,
        verdictArbitrary,
        fc.constantFrom('alice', 'bob'),
        fc.subarray(['admin', 'operator']),
        (a, b, principal, roles) => {
          const result = stricterVerdict(a, b);
          for (const side of [a, b]) {
            expect(strictness[result.verdict]).toBeGreaterThanOrEqual(strictness[side.verdict]);
            expect(risks.indexOf(result.risk)).toBeGreaterThanOrEqual(risks.indexOf(side.risk));
            if (!result.terms || !side.terms) continue;
            expect(result.terms.quorum).toBeGreaterThanOrEqual(side.terms.quorum);
            expect(result.terms.deadlineMs).toBeLessThanOrEqual(side.terms.deadlineMs);
            expect(result.terms.executeWithinMs).toBeLessThanOrEqual(side.terms.executeWithinMs);
            expect(result.terms.reasonRequired || !side.terms.reasonRequired).toBe(true);
            const approver = { principal, roles };
            const underBoth = mayVote(result.terms, approver, ['alice']);
            expect(!underBoth || mayVote(side.terms, approver, ['alice'])).toBe(true);
          }
          expect(result.terms === undefined).toBe(result.verdict !== 'ask');
        },
      ),
    );
  });

  it('denies an ask that says nothing of who could answer it', () => {
    const ask: PolicyVerdict = { verdict: 'ask', rules: [], risk: 'low', reasons: [] };
    expect(stricterVerdict(ask, { ...ask, verdict: 'allow' }).verdict).toBe('deny');
  });
});

describe('combineTerms', () => {
  it('gives terms that the contract accepts', () => {
    fc.assert(
      fc.property(termsArbitrary, termsArbitrary, (a, b) => {
        expect(approvalTermsSchema.safeParse(combineTerms(a, b)).success).toBe(true);
      }),
    );
  });

  it('gives the same in any grouping, so that the order of rules leaves no trace', () => {
    fc.assert(
      fc.property(termsArbitrary, termsArbitrary, termsArbitrary, (a, b, c) => {
        expect(combineTerms(combineTerms(a, b), c)).toEqual(combineTerms(a, combineTerms(b, c)));
      }),
    );
  });

  it('leaves nobody to approve where the approvers have nobody in common', () => {
    const terms = {
      name: 'a',
      quorum: 1,
      deadlineMs: 1,
      executeWithinMs: 1,
      requesterMayApprove: true,
      reasonRequired: false,
    };
    const combined = combineTerms(
      { ...terms, approvers: { roles: ['operator'], principals: [] } },
      { ...terms, approvers: { roles: [], principals: ['bob'] } },
    );
    expect(mayVote(combined, { principal: 'bob', roles: ['operator'] }, [])).toBe(false);
  });
});

describe('judgeVoter', () => {
  const terms: ApprovalTerms = {
    name: 'default',
    approvers: { roles: ['operator'], principals: ['bob'] },
    quorum: 1,
    deadlineMs: 1000,
    executeWithinMs: 1000,
    requesterMayApprove: false,
    reasonRequired: false,
  };
  it.each([
    ['a principal that is named', { principal: 'bob', roles: [] }, ['alice'], true],
    ['a holder of the role', { principal: 'carol', roles: ['operator'] }, ['alice'], true],
    ['the requester (T3)', { principal: 'alice', roles: ['operator'] }, ['alice'], false],
    ['the person the run acts for (T3)', { principal: 'bob', roles: [] }, ['alice', 'bob'], false],
    ['anybody when the requester is not known (T3)', { principal: 'bob', roles: [] }, [], false],
    ['somebody else', { principal: 'mallory', roles: ['viewer'] }, ['alice'], false],
    ['a name in another case', { principal: 'Bob', roles: [] }, ['alice'], false],
    ['an empty name', { principal: '', roles: ['operator'] }, ['alice'], false],
  ])('decides about %s', (_, approver, requesters, eligible) => {
    expect(mayVote(terms, approver, requesters)).toBe(eligible);
  });

  it('lets the requester approve only where the terms say so', () => {
    const lenient = { ...terms, requesterMayApprove: true };
    expect(mayVote(lenient, { principal: 'alice', roles: ['operator'] }, ['alice'])).toBe(true);
    expect(mayVote(lenient, { principal: 'alice', roles: [] }, ['alice'])).toBe(false);
  });

  it('lets nobody approve under terms without approvers', () => {
    const nobody = { ...terms, approvers: { roles: [], principals: [] }, requesterMayApprove: true };
    expect(mayVote(nobody, { principal: 'bob', roles: ['operator'] }, ['alice'])).toBe(false);
  });
});
