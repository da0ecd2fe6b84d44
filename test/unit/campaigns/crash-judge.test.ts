/** The judge of the crashes is judged: what is in order passes, and each breach is counted and named. */
import { describe, expect, it } from 'vitest';
import type { DatabaseEyes, SettledDoubt } from '../../campaigns/crashes/database-eyes.ts';
import { countDoubts, countEffects, lostVotes } from '../../campaigns/crashes/judge.ts';
import type { AcceptedVote } from '../../campaigns/frame/approver.ts';
import type { OutsideEffect } from '../../campaigns/frame/outside-service.ts';

const callKey = 'run-1/1.0';
const script = { expected: ['post a', 'charge b'], denied: ['charge c-no'] };

function effect(tool: string, name: string, tryNumber = 1): OutsideEffect {
  return { tool, name, try: `${callKey} ${tryNumber}`, idempotencyKey: callKey, at: 0 };
}

const inOrder = [effect('post', 'a'), effect('charge', 'b')];

describe('effects', () => {
  it('that happened as they should are in order', () => {
    const counted = countEffects([script], inOrder);
    expect(counted).toEqual({ expected: 2, happened: 2, twice: [], missing: [], againstDenial: [] });
  });

  it('are named that happened twice, also by different tries', () => {
    const { twice } = countEffects([script], [...inOrder, effect('post', 'a', 2)]);
    expect(twice).toEqual(['post a (2 times)']);
  });

  it('are named that should have happened', () => {
    expect(countEffects([script], [effect('post', 'a')]).missing).toEqual(['charge b']);
  });

  it('are named that a person had denied', () => {
    expect(countEffects([script], [...inOrder, effect('charge', 'c-no')]).againstDenial).toEqual(['charge c-no']);
  });
});

function eyesWith(seen: Partial<DatabaseEyes>): DatabaseEyes {
  return {
    decisionDigests: () => [],
    doubts: () => [],
    outcomeOf: () => undefined,
    hasVote: () => false,
    close: () => undefined,
    ...seen,
  };
}

describe('a doubt', () => {
  const doubt: SettledDoubt = { callKey, try: 1, voided: 'unknown', probe: 'happened' };
  const unsettled = (changes: Partial<SettledDoubt>, effects = inOrder): number =>
    countDoubts(eyesWith({ doubts: () => [{ ...doubt, ...changes }] }), effects).unsettled.length;

  it('is settled when it was called unknown and the probe said what is so', () => {
    expect(unsettled({})).toBe(0);
    expect(unsettled({ probe: 'did-not-happen' }, [])).toBe(0);
  });

  it.each<[string, Partial<SettledDoubt>]>([
    ['was called anything but unknown', { voided: 'failed' }],
    ['has no receipt of its void', { voided: null }],
    ['was not probed', { probe: null }],
    ['was probed without a result', { probe: 'unknown' }],
    ['is said not to have happened, and it had', { probe: 'did-not-happen' }],
  ])('is counted when it %s', (_, changes) => {
    expect(unsettled(changes)).toBe(1);
  });

  it('is counted when it is said to have happened, and had not', () => {
    expect(unsettled({}, [])).toBe(1);
  });
});

describe('a vote', () => {
  const vote: AcceptedVote = { nonce: 'nonce-1', verdict: 'approve', digest: 'digest-1' };
  const lost = (outcome: string | null | undefined, isStored = true, accepted = vote): number =>
    lostVotes(eyesWith({ outcomeOf: () => outcome, hasVote: () => isStored }), [accepted]).length;

  it('is there when it is stored and its request ended by people', () => {
    expect(lost('approved')).toBe(0);
    expect(lost('denied', true, { ...vote, verdict: 'deny' })).toBe(0);
  });

  it.each([
    ['is not stored', lost('approved', false)],
    ['is of no request', lost(undefined)],
    ['is of a request that is open at the end', lost(null)],
    ['is of a request that expired', lost('expired')],
    ['denied what was approved', lost('approved', true, { ...vote, verdict: 'deny' })],
  ])('is counted as lost when it %s', (_, count) => {
    expect(count).toBe(1);
  });
});
