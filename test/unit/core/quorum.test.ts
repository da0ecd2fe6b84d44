/** P2: when votes are enough under quorum, seats and denials; one person is one pair of eyes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approvalsSuffice, denialsSuffice, type SeatedVote } from '../../../core/quorum.ts';

const from = { roles: [], principals: [] };
const terms = (quorum: number, ...approve: number[]) => ({
  quorum,
  ...(approve.length > 0 ? { thresholds: approve.map((count) => ({ from, approve: count })) } : {}),
});
const votes = (...seats: number[][]): SeatedVote[] => seats.map((one) => ({ seats: one }));

describe('approvalsSuffice', () => {
  test.each<[string, Parameters<typeof approvalsSuffice>, boolean]>([
    ['nobody', [terms(1), votes()], false],
    ['the quorum without thresholds', [terms(2), votes([], [])], true],
    ['fewer than the quorum, every seat filled', [terms(3, 1), votes([0], [0])], false],
    ['the quorum, and nobody for a seat', [terms(2, 1), votes([], [])], false],
    ['one person of two groups, who fills one seat', [terms(1, 1, 1), votes([0, 1])], false],
    ['one person of two groups beside somebody of none', [terms(2, 1, 1), votes([0, 1], [])], false],
    ['one person of two groups beside somebody of one of them', [terms(2, 1, 1), votes([0, 1], [0])], true],
    ['whoever came first sits where only they can', [terms(2, 1, 1), votes([0, 1], [0, 1])], true],
    ['two of one group for two groups', [terms(2, 1, 1), votes([0], [0])], false],
    ['a chain of people who must move for one another', [terms(3, 1, 1, 1), votes([0, 1], [1, 2], [0])], true],
    ['two seats of one set', [terms(1, 2), votes([0], [0])], true],
  ])('says of %s', (_, [asked, cast], expected) => {
    expect(approvalsSuffice(asked, cast)).toBe(expected);
  });

  /** Every way of giving out the seats, tried one after the other. */
  function canSeat(needed: readonly number[], people: readonly SeatedVote[]): boolean {
    const [seat, ...rest] = needed;
    if (seat === undefined) return true;
    return people.some((person, index) => person.seats.includes(seat) && canSeat(rest, people.toSpliced(index, 1)));
  }

  test('agrees with trying every way of giving out the seats', () => {
    const person = fc.record({ seats: fc.subarray([0, 1, 2]) });
    fc.assert(
      fc.property(
        fc.array(person, { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (people, approve, quorum) => {
          const needed = approve.flatMap((count, index) => Array.from({ length: count }, () => index));
          const expected = people.length >= quorum && canSeat(needed, people);
          expect(approvalsSuffice(terms(quorum, ...approve), people)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('one more approval never makes it fewer', () => {
    const person = fc.record({ seats: fc.subarray([0, 1]) });
    fc.assert(
      fc.property(
        fc.array(person, { maxLength: 5 }),
        person,
        fc.integer({ min: 1, max: 4 }),
        (people, more, quorum) => {
          const asked = terms(quorum, 1, 1);
          expect(!approvalsSuffice(asked, people) || approvalsSuffice(asked, [...people, more])).toBe(true);
        },
      ),
    );
  });
});

describe('denialsSuffice', () => {
  const guarded = { quorum: 1, denials: 3, thresholds: [{ from, approve: 0, deny: 2 }] };
  test.each<[string, Parameters<typeof denialsSuffice>, boolean]>([
    ['nobody', [terms(1), votes()], false],
    ['one, where the terms say nothing', [terms(5), votes([])], true],
    ['two of three', [{ quorum: 1, denials: 3 }, votes([], [])], false],
    ['three of three', [{ quorum: 1, denials: 3 }, votes([], [], [])], true],
    ['one of those whose two are enough', [guarded, votes([0])], false],
    ['two of those whose two are enough', [guarded, votes([0], [0])], true],
    ['one of those and one of the others', [guarded, votes([0], [])], false],
  ])('says of %s', (_, [asked, cast], expected) => {
    expect(denialsSuffice(asked, cast)).toBe(expected);
  });
});
