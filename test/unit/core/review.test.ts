/** P2: a review closes by the signatures of two other people, and by nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideReview, type PastGlass, type ReviewSignature, whyNoFurtherGlass } from '../../../core/review.ts';
import { digestText } from '../../../core/digest.ts';
import { issuedAt, nonce } from '../../vectors/samples.ts';

const voteDigest = digestText('vote', 'the break-glass');
const review = { nonce, principal: 'mia', voteDigest, openedAt: issuedAt, dueAt: issuedAt + 1000 };
let sequence = 0;
function signed(principal: string, more: Partial<ReviewSignature> = {}): ReviewSignature {
  sequence += 1;
  return {
    kind: 'review-signature',
    sequence,
    nonce,
    voteDigest,
    finding: 'justified',
    principal,
    roles: ['operator'],
    keyId: 'a',
    channel: 'api',
    reason: 'I looked',
    signedAt: issuedAt + 10,
    ...more,
  };
}
const personOf = (name: string): string => name.split('-')[0] ?? name;
const who = { others: ['rita'], personOf };
const stateOf = (...signatures: ReviewSignature[]) => decideReview(review, signatures, who).state;

describe('a review', () => {
  test('is signed by two others, whatever they found: the control of the cases below', () => {
    expect(stateOf(signed('olga'), signed('pete', { finding: 'not-justified' }))).toBe('signed');
    expect(decideReview(review, [], who).state).toBe('open');
  });

  test.each<[string, ReviewSignature]>([
    ['the breaker', signed('mia')],
    ['the breaker under another name', signed('mia-oncall')],
    ['the requester', signed('rita')],
    ['the requester under another name', signed('rita-admin')],
    ['the one who signed already', signed('olga')],
    ['the one who signed already, under another name', signed('olga-admin')],
    ['somebody, of another review', signed('pete', { nonce: 'b7e4d2a1-6c38-4f90-8d15-9a2b3c4d5e60' })],
    ['somebody, of another vote', signed('pete', { voteDigest: digestText('vote', 'another') })],
    ['somebody, without a reason', signed('pete', { reason: ' ' })],
    ['somebody, with a reason that nobody can see', signed('pete', { reason: '\u200B\u3164' })],
    ['somebody, before it happened', signed('pete', { signedAt: issuedAt - 10_001 })],
  ])('is open after one signature and that of %s', (_name, second) => {
    expect(stateOf(signed('olga', { sequence: 0 }), second)).toBe('open');
  });

  test('keeps what each person signed first', () => {
    const [first, again] = [signed('olga'), signed('olga', { finding: 'not-justified' })];
    expect(decideReview(review, [again, first], who).signatures).toEqual([first]);
  });

  test('needs two different people beside breaker and requesters, in any order of any signatures', () => {
    const names = fc.constantFrom('mia', 'mia-oncall', 'rita', 'rita-admin', 'olga', 'olga-admin', 'pete');
    fc.assert(
      fc.property(fc.array(names, { maxLength: 8 }), (principals) => {
        const { state, signatures } = decideReview(
          review,
          principals.map((one) => signed(one)),
          who,
        );
        const others = new Set(principals.map(personOf).filter((one) => one !== 'mia' && one !== 'rita'));
        expect(state).toBe(others.size >= 2 ? 'signed' : 'open');
        expect(new Set(signatures.map(({ principal }) => personOf(principal))).size).toBe(signatures.length);
      }),
    );
  });
});

describe('a further break-glass', () => {
  const past = (more: Partial<PastGlass> = {}): PastGlass => ({ ...review, nonce: 'another', state: 'open', ...more });
  const now = issuedAt + 500;
  const why = (...before: PastGlass[]) => whyNoFurtherGlass(before, { nonce, now, perDay: 2 });

  test('may be while uses are left and no review is overdue', () => {
    expect(why()).toBe(undefined);
    expect(why(past())).toBe(undefined);
    expect(why(past({ dueAt: now - 1, state: 'signed' }))).toBe(undefined);
    expect(why(past({ openedAt: now - 86_400_000 }), past())).toBe(undefined);
    expect(why(past(), past({ nonce }))).toBe(undefined);
  });

  test('may not be with an overdue review, nor beyond the uses of a day', () => {
    expect(why(past({ dueAt: now - 1 }))).toMatch(/overdue/);
    expect(why(past(), past({ state: 'signed' }))).toMatch(/2 times within a day/);
  });
});
