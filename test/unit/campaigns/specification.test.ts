/** The judge of schedules is judged: facts that keep every promise pass, and each single breach is named. */
import { describe, expect, it } from 'vitest';
import type { Facts, VoteFact } from '../../campaigns/schedules/facts.ts';
import { judge } from '../../campaigns/schedules/specification.ts';

const callKey = 'run-1/1.0';
const nonce = 'nonce-1';

function vote(principal: string, castAt: number, changes: Partial<VoteFact> = {}): VoteFact {
  const sent = { storedAt: castAt + 1, signalledAt: castAt + 2 };
  return { nonce, callKey, principal, verdict: 'approve', castAt, ...sent, ...changes };
}

/** Two people approved in time, and it happened once. */
const kept: Facts = {
  quorum: 2,
  eligible: ['olga', 'pete'],
  callKeys: [callKey],
  votes: [vote('olga', 2000), vote('pete', 3000)],
  revocations: [],
  cancellations: [],
  resets: [],
  storeOutages: [],
  workerOutages: [],
  asks: [{ nonce, callKey, askedAt: 1000, deadlineAt: 5000, executeWithinMs: 60_000, outcome: 'approved' }],
  permits: [{ callKey, try: 1, linkRunId: 'link-1', issuedAt: 3100, nonce, used: true }],
  effects: [{ callKey, try: 1, at: 3200 }],
  ended: 'completed',
  endedAt: 4000,
};

const silent: Facts = {
  ...kept,
  votes: [],
  permits: [],
  effects: [],
  asks: [{ ...kept.asks[0]!, outcome: 'expired' }],
};

describe('the judge', () => {
  it.each<[string, Facts]>([
    ['an effect that was approved in time', kept],
    ['silence that expired', silent],
    ['an approval that grew old before anybody could use it', { ...kept, effects: [], endedAt: 90_000 }],
    [
      'an approval after the deadline that changed nothing',
      { ...silent, votes: [vote('olga', 5001), vote('pete', 5002)] },
    ],
    [
      'a denial',
      { ...silent, votes: [vote('olga', 2000, { verdict: 'deny' })], asks: [{ ...kept.asks[0]!, outcome: 'denied' }] },
    ],
    ['a run that was told to end', { ...silent, ended: 'cancelled', cancellations: [{ acceptedAt: 2000 }] }],
    [
      'an approval that a denial may have overtaken',
      { ...kept, votes: [...kept.votes, vote('olga', 2500, { nonce: 'another', verdict: 'deny', storedAt: 3500 })] },
    ],
  ])('passes %s', (_name, facts) => {
    expect(judge(facts)).toEqual([]);
  });

  it.each<[string, Facts, RegExp]>([
    [
      'twice',
      {
        ...kept,
        effects: [...kept.effects, { callKey, try: 2, at: 3300 }],
        permits: [...kept.permits, { ...kept.permits[0]!, try: 2 }],
      },
      /happened 2 times/,
    ],
    ['without a decision', { ...kept, permits: [] }, /without a decision/],
    ['before its decision', { ...kept, effects: [{ callKey, try: 1, at: 3000 }] }, /without a decision/],
    ['on the decision of another try', { ...kept, effects: [{ callKey, try: 2, at: 3200 }] }, /without a decision/],
    [
      'on a decision that was not the good one',
      {
        ...kept,
        permits: [
          { ...kept.permits[0]!, used: false },
          { ...kept.permits[0]!, nonce: null },
        ],
      },
      /no request/,
    ],
    ['without a request', { ...kept, permits: [{ ...kept.permits[0]!, nonce: null }] }, /no request/],
    ['on one approval of two', { ...kept, votes: [vote('olga', 2000)] }, /open by those who may/],
    [
      'on one person’s two approvals',
      { ...kept, votes: [vote('olga', 2000), vote('olga', 2100)] },
      /open by those who may/,
    ],
    [
      'on the requester’s approval',
      { ...kept, votes: [vote('olga', 2000), vote('rita', 2100)] },
      /open by those who may/,
    ],
    [
      'on an approval after the deadline',
      {
        ...kept,
        votes: [vote('olga', 2000), vote('pete', 5001)],
        permits: [{ ...kept.permits[0]!, issuedAt: 6000 }],
        effects: [{ callKey, try: 1, at: 6001 }],
      },
      /open by those who may/,
    ],
    [
      'on an approval that came after the permit',
      { ...kept, votes: [vote('olga', 2000), vote('pete', 3150)] },
      /open by those who may/,
    ],
    [
      'on the approval of one who was revoked',
      { ...kept, revocations: [{ principal: 'pete', from: 3050, doneAt: 3060 }] },
      /open by those who may/,
    ],
    ['after a denial', { ...kept, votes: [...kept.votes, vote('olga', 1500, { verdict: 'deny' })] }, /denied/],
    [
      'after its approval had expired',
      { ...kept, permits: [{ ...kept.permits[0]!, issuedAt: 63_001 }], effects: [{ callKey, try: 1, at: 63_002 }] },
      /had expired/,
    ],
    ['long after its permit', { ...kept, effects: [{ callKey, try: 1, at: 70_000 }] }, /had expired when it happened/],
    ['after the run was told to end', { ...kept, cancellations: [{ acceptedAt: 3050 }] }, /told to end/],
    [
      'on an approval from before a reset',
      { ...kept, resets: [{ from: 3020, doneAt: 3050, newLinkRunId: 'link-2' }] },
      /before a reset/,
    ],
    [
      'while the store was away',
      {
        ...kept,
        permits: [{ ...kept.permits[0]!, issuedAt: 3100 }],
        effects: [{ callKey, try: 1, at: 8000 }],
        storeOutages: [{ from: 4000, to: 9000 }],
      },
      /store was away/,
    ],
  ])('names an effect that happened %s', (_name, facts, what) => {
    expect(judge(facts).join('\n')).toMatch(what);
  });

  it.each<[string, Facts, RegExp]>([
    ['an approved effect that never happened', { ...kept, effects: [] }, /did not happen/],
    ['an approval that nobody gave', { ...kept, votes: [], effects: [], permits: [] }, /quorum was never there/],
    [
      'an expiry recorded as a denial',
      { ...silent, asks: [{ ...kept.asks[0]!, outcome: 'denied' }] },
      /nobody who may denied/,
    ],
    [
      'an approval recorded as an expiry',
      { ...kept, effects: [], permits: [], asks: [{ ...kept.asks[0]!, outcome: 'expired' }] },
      /expired, and it was approved/,
    ],
    ['a run that does not end', { ...kept, ended: 'running' }, /the run is running/],
    ['a run that was cancelled by nobody', { ...kept, ended: 'cancelled' }, /the run is cancelled/],
  ])('names %s', (_name, facts, what) => {
    expect(judge(facts).join('\n')).toMatch(what);
  });
});
