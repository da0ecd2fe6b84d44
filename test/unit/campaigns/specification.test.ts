/** The judge of schedules is judged: facts that keep every promise pass, and each single breach is named. */
import { describe, expect, it } from 'vitest';
import { type AskFact, type EffectFact, type Facts, noFacts, type VoteFact } from '../../campaigns/schedules/facts.ts';
import { judge } from '../../campaigns/schedules/specification.ts';

const callKey = 'run-1/1.0';
const nonce = 'nonce-1';

function vote(principal: string, castAt: number, changes: Partial<VoteFact> = {}): VoteFact {
  const sent = { storedAt: castAt + 1, signalledAt: castAt + 2 };
  const names = { digest: `${principal}-${castAt}`, editedTo: null, grantId: null };
  return { nonce, callKey, principal, verdict: 'approve', castAt, ...sent, ...names, ...changes };
}

function ask(changes: Partial<AskFact>): AskFact {
  const times = { askedAt: 1000, deadlineAt: 5000, executeWithinMs: 60_000 };
  return { nonce, callKey, ...times, name: 'to-0', editable: true, outcome: 'approved', ...changes };
}

function effect(changes: Partial<EffectFact>): EffectFact {
  return { callKey, try: 1, at: 3200, name: 'to-0', ...changes };
}

/** Two people approved in time, and it happened once. */
const kept: Facts = {
  ...noFacts(),
  quorum: 2,
  eligible: ['olga', 'pete', 'rob'],
  callKeys: [callKey],
  names: { [callKey]: 'to-0' },
  votes: [vote('olga', 2000), vote('pete', 3000)],
  asks: [ask({})],
  permits: [{ callKey, try: 1, linkRunId: 'link-1', issuedAt: 3100, nonce, grant: null, reservedAt: 3150 }],
  effects: [effect({})],
  ended: 'completed',
  endedAt: 4000,
};

const reset = { from: 3020, doneAt: 3050, newLinkRunId: 'link-2' };

function edit(principal: string, castAt: number, changes: Partial<VoteFact> = {}): VoteFact {
  return vote(principal, castAt, { verdict: 'edit', editedTo: `edit-${principal}`, ...changes });
}

/** Of pete's approval. */
function withdrawal(storedAt: number): Facts['withdrawals'][number] {
  return { nonce, principal: 'pete', castAt: storedAt - 1, storedAt, signalledAt: null, withdraws: 'pete-3000' };
}

function frozen(doneAt: number, thawFrom: number | null): Facts['freezes'][number] {
  return { from: doneAt - 10, doneAt, thawFrom };
}

/** Rob edited it; the two others approved what he made of it. */
const edited: Facts = {
  ...kept,
  eligible: ['olga', 'pete', 'rob'],
  asks: [ask({ outcome: 'superseded' }), ask({ nonce: 'nonce-2', askedAt: 1800, deadlineAt: 5800, name: 'edit-rob' })],
  votes: [edit('rob', 1500), vote('olga', 2000, { nonce: 'nonce-2' }), vote('pete', 3000, { nonce: 'nonce-2' })],
  permits: [{ ...kept.permits[0]!, nonce: 'nonce-2' }],
  effects: [effect({ name: 'edit-rob' })],
};
const ownApproval = vote('rob', 2900, { nonce: 'nonce-2' });

const later = 'run-1/2.0';
const use = { grantId: 'grant-1', number: 1, callKey: later, try: 1 };
/** Both approved the first call with a grant, and it let one of the second turn through. */
const granted: Facts = {
  ...kept,
  callKeys: [callKey, later],
  names: { ...kept.names, [later]: 'more-0' },
  votes: kept.votes.map((one) => ({ ...one, grantId: 'grant-1' })),
  grants: [{ grantId: 'grant-1', nonce, prefix: 'more-', uses: 1, expiresAt: 60_000 }],
  uses: [use],
  permits: [
    ...kept.permits,
    {
      callKey: later,
      try: 1,
      linkRunId: 'link-1',
      issuedAt: 6100,
      nonce: null,
      grant: { grantId: 'grant-1', use: 1 },
      reservedAt: 6150,
    },
  ],
  effects: [...kept.effects, effect({ callKey: later, at: 6200, name: 'more-0' })],
};
const denied = {
  asks: [...kept.asks, ask({ nonce: 'another', callKey: 'run-1/1.1', outcome: 'denied' })],
  votes: [...granted.votes, vote('olga', 4000, { nonce: 'another', callKey: 'run-1/1.1', verdict: 'deny' })],
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
    ['a freeze that was over before anybody permitted anything', { ...kept, freezes: [frozen(2500, 3050)] }],
    ['an effect of what one of them edited, approved by two others', edited],
    ['an edit that nobody saw in time', { ...kept, votes: [...kept.votes, edit('rob', 2500, { storedAt: 3500 })] }],
    ['a withdrawal that came after it had been reserved', { ...kept, withdrawals: [withdrawal(3150)] }],
    [
      'a request that was closed when its run was told to end, which a reset then completed',
      { ...silent, asks: [ask({ outcome: 'withdrawn' })], cancellations: [{ acceptedAt: 1500 }], resets: [reset] },
    ],
    ['a call that a grant let through', granted],
    ['a grant revoked after it was used', { ...granted, grantRevocations: [{ grantId: 'grant-1', doneAt: 6200 }] }],
  ])('passes %s', (_name, facts) => {
    expect(judge(facts)).toEqual([]);
  });

  it.each<[string, Facts, RegExp]>([
    [
      'twice',
      {
        ...kept,
        effects: [...kept.effects, effect({ try: 2, at: 3300 })],
        permits: [...kept.permits, { ...kept.permits[0]!, try: 2 }],
      },
      /happened 2 times/,
    ],
    ['without a decision', { ...kept, permits: [] }, /without a decision/],
    ['before its decision', { ...kept, effects: [effect({ at: 3000 })] }, /without a decision/],
    ['on the decision of another try', { ...kept, effects: [effect({ try: 2 })] }, /without a decision/],
    [
      'on a decision that was not the good one',
      {
        ...kept,
        permits: [
          { ...kept.permits[0]!, reservedAt: null },
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
        effects: [effect({ at: 6001 })],
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
      { ...kept, permits: [{ ...kept.permits[0]!, issuedAt: 63_001 }], effects: [effect({ at: 63_002 })] },
      /had expired/,
    ],
    ['long after its permit', { ...kept, effects: [effect({ at: 70_000 })] }, /had expired when it happened/],
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
        effects: [effect({ at: 8000 })],
        storeOutages: [{ from: 4000, to: 9000 }],
      },
      /store was away/,
    ],
    ['while the fleet was frozen', { ...kept, freezes: [frozen(2500, null)] }, /permitted while the fleet was frozen/],
    [
      'long after the fleet was frozen',
      { ...kept, effects: [effect({ at: 4000 })], freezes: [frozen(3160, 5000)] },
      /happened while the fleet was frozen/,
    ],
    [
      'on a permit from before a freeze that is over',
      { ...kept, permits: [{ ...kept.permits[0]!, reservedAt: 3180 }], freezes: [frozen(3120, 3170)] },
      /from before a freeze/,
    ],
    ['other than what they were shown', { ...kept, effects: [effect({ name: 'to-1' })] }, /"to-0" was approved/],
    ['on its editor’s approval', { ...edited, votes: [...edited.votes.slice(0, 2), ownApproval] }, /open by those who/],
    [
      'although somebody had edited it before',
      { ...kept, votes: [...kept.votes, edit('rob', 2500)] },
      /edited by those who may/,
    ],
    ['on an approval that was taken back', { ...kept, withdrawals: [withdrawal(3140)] }, /open by those who may/],
    ['under a grant that nobody gave', { ...granted, grants: [] }, /a grant that nobody gave/],
    [
      'under a grant for other calls',
      { ...granted, grants: [{ ...granted.grants[0]!, prefix: 'web-' }] },
      /does not cover/,
    ],
    ['under a grant that one of two approved', { ...granted, votes: [granted.votes[0]!] }, /quorum of 2/],
    [
      'under a grant that one of two approved without it',
      { ...granted, votes: [granted.votes[0]!, vote('pete', 3000)] },
      /quorum of 2/,
    ],
    ['under a grant that had expired', { ...granted, grants: [{ ...granted.grants[0]!, expiresAt: 6050 }] }, /expired/],
    [
      'under a grant that was revoked',
      { ...granted, grantRevocations: [{ grantId: 'grant-1', doneAt: 6140 }] },
      /grant was revoked/,
    ],
    ['under a grant from before a reset', { ...granted, resets: [{ ...reset, doneAt: 6050 }] }, /voided its grant/],
    ['under a grant one of whose votes was taken back', { ...granted, withdrawals: [withdrawal(6000)] }, /quorum of 2/],
    ['under a grant after a person’s no', { ...granted, ...denied }, /somebody had denied/],
    ['under a grant, unrecorded', { ...granted, uses: [] }, /is recorded 0 times/],
    ['under a grant, recorded as another use', { ...granted, uses: [{ ...use, number: 2 }] }, /use 1 of its grant/],
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
    [
      'an edit that nobody cast',
      { ...silent, asks: [...silent.asks, ask({ nonce: 'another', name: 'edit-1' })] },
      /nobody made it who may/,
    ],
    ['an edit that expired', { ...silent, votes: [edit('rob', 2000)] }, /expired, and it was edited in time/],
    [
      'a withdrawal that nobody sent',
      { ...silent, asks: [ask({ outcome: 'withdrawn' })] },
      /nobody took anything back/,
    ],
    [
      'more uses of a grant than it has',
      { ...granted, uses: [use, { ...use, number: 2, callKey }] },
      /used 2 times, and given for 1/,
    ],
    ['one use of a grant for two calls', { ...granted, uses: [use, { ...use, callKey }] }, /recorded as one/],
    ['a record that differs', { ...kept, recordDiffers: 'the record of a run differs' }, /record of a run differs/],
    ['a run that does not end', { ...kept, ended: 'running' }, /the run is running/],
    ['a run that was cancelled by nobody', { ...kept, ended: 'cancelled' }, /the run is cancelled/],
  ])('names %s', (_name, facts, what) => {
    expect(judge(facts).join('\n')).toMatch(what);
  });
});
