/** P2, P3: only enough fitting votes, cast in time by distinct eligible principals, approve; silence never does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ApprovalInput,
  askDigestOf,
  decideApproval,
  type VoteEvidence,
  voteClockBoundMs,
} from '../../../core/approval.ts';
import type { VoteBody } from '../../../core/contracts/approval.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { signerOf } from '../../../keys/index.ts';
import { ask, askBody, issuedAt, testKey, voteBody } from '../../vectors/samples.ts';

const signedAsk = sealEnvelope(signerOf('decision', testKey('decision').privateKey), 'decision', 'test', askBody, {
  issuedAt,
});
const askDigest = askDigestOf(signedAsk);
const signature = 'A'.repeat(86);

type Change = Partial<VoteBody> & { valid?: boolean; eligible?: boolean };

function evidence({ valid = true, eligible = true, ...change }: Change = {}): VoteEvidence {
  const body: VoteBody = { ...voteBody, askDigest, castAt: issuedAt + 1000, ...change };
  const vote = {
    domain: 'vote' as const,
    kid: testKey('vote').kid,
    audience: 'test',
    issuedAt: body.castAt,
    body,
    signature,
  };
  return { vote, digest: digestJson('vote', vote), valid, eligible };
}

function decide(votes: VoteEvidence[], change: Partial<ApprovalInput> & { quorum?: number } = {}) {
  const { quorum = 1, ...rest } = change;
  return decideApproval({ ask: { ...ask, terms: { ...ask.terms, quorum } }, askDigest, votes, closed: false, ...rest });
}

const statusOf = (vote: VoteEvidence, ...others: VoteEvidence[]) =>
  decide([vote, ...others]).statusByDigest[vote.digest];

describe('decideApproval', () => {
  test('is open without votes before the deadline, and expired after', () => {
    expect(decide([])).toEqual({ outcome: null, decidedBy: null, countedDigests: [], statusByDigest: {} });
    expect(decide([], { closed: true }).outcome).toBe('expired');
  });

  test('one approval reaches a quorum of one', () => {
    const vote = evidence();
    expect(decide([vote])).toEqual({
      outcome: 'approved',
      decidedBy: vote.vote,
      countedDigests: [vote.digest],
      statusByDigest: { [vote.digest]: 'counted' },
    });
  });

  test('one denial denies, whatever the quorum', () => {
    const vote = evidence({ verdict: 'deny' });
    expect(decide([vote], { quorum: 5 })).toMatchObject({ outcome: 'denied', decidedBy: vote.vote });
  });

  test('a quorum of two needs two principals; the second decides', () => {
    const first = evidence();
    const again = evidence({ castAt: issuedAt + 2000 });
    const other = evidence({ principal: 'carol', castAt: issuedAt + 3000 });
    expect(decide([first, again], { quorum: 2 })).toMatchObject({
      outcome: null,
      statusByDigest: { [again.digest]: 'duplicate' },
    });
    expect(decide([first, again, other], { quorum: 2 })).toMatchObject({
      outcome: 'approved',
      decidedBy: other.vote,
      countedDigests: [first.digest, other.digest],
    });
    expect(decide([first, again], { quorum: 2, closed: true }).outcome).toBe('expired');
  });

  test('a denial cast before the quorum beats the approvals around it', () => {
    const votes = [
      evidence({ principal: 'a', castAt: issuedAt + 1 }),
      evidence({ principal: 'b', castAt: issuedAt + 3 }),
      evidence({ principal: 'c', castAt: issuedAt + 2, verdict: 'deny' }),
    ];
    expect(decide(votes, { quorum: 2 }).outcome).toBe('denied');
  });

  test('a denial of the same millisecond as the deciding approval beats it', () => {
    for (const principal of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(decide([evidence(), evidence({ principal, verdict: 'deny' })]).outcome).toBe('denied');
    }
  });

  test('a denial cast after the decision comes too late', () => {
    const late = evidence({ principal: 'carol', castAt: issuedAt + 1001, verdict: 'deny' });
    expect(decide([evidence(), late])).toMatchObject({
      outcome: 'approved',
      statusByDigest: { [late.digest]: 'late' },
    });
  });

  test('a vote of the deadline’s own millisecond counts, one of the next does not', () => {
    expect(statusOf(evidence({ castAt: ask.deadlineAt }))).toBe('counted');
    expect(statusOf(evidence({ castAt: ask.deadlineAt + 1 }))).toBe('late');
    expect(decide([evidence({ castAt: ask.deadlineAt + 1 })], { closed: true }).outcome).toBe('expired');
  });

  test('a vote cast in time counts although it arrives when the request is closed', () => {
    expect(decide([evidence({ castAt: ask.deadlineAt })], { closed: true }).outcome).toBe('approved');
  });

  test('a vote may precede its ask by the clock bound and no more', () => {
    expect(statusOf(evidence({ castAt: ask.askedAt - voteClockBoundMs }))).toBe('counted');
    expect(statusOf(evidence({ castAt: ask.askedAt - voteClockBoundMs - 1 }))).toBe('unfitting');
  });

  test.each<[string, Change]>([
    ['nonce', { nonce: '00000000-0000-4000-8000-000000000000' }],
    ['ask digest', { askDigest: digestText('decision', 'another ask') }],
    ['card digest', { cardDigest: digestText('card', 'another card') }],
    ['terms digest', { termsDigest: digestText('terms', 'other terms') }],
    ['call key', { callKey: voteBody.callKey.replace('/3.0', '/3.1') }],
  ])('a vote with another %s does not fit', (_name, change) => {
    const vote = evidence(change);
    expect(decide([vote], { closed: true })).toMatchObject({
      outcome: 'expired',
      statusByDigest: { [vote.digest]: 'unfitting' },
    });
    expect(decide([evidence({ ...change, verdict: 'deny' })]).outcome).toBe(null);
  });

  test('an invalid or ineligible vote neither approves nor denies nor takes its principal’s place', () => {
    for (const flaw of [{ valid: false }, { eligible: false }]) {
      const flawed = evidence({ ...flaw, castAt: issuedAt + 1 });
      const sound = evidence({ castAt: issuedAt + 2 });
      expect(decide([flawed]).outcome).toBe(null);
      expect(decide([evidence({ ...flaw, verdict: 'deny' })]).outcome).toBe(null);
      expect(decide([flawed, sound]).statusByDigest[sound.digest]).toBe('counted');
    }
  });

  test('the same vote delivered twice is one vote, and its worse judgement stands', () => {
    const vote = evidence();
    expect(decide([vote, vote]).statusByDigest).toEqual({ [vote.digest]: 'counted' });
    expect(decide([vote, { ...vote, valid: false }]).outcome).toBe(null);
    expect(decide([{ ...vote, eligible: false }, vote]).outcome).toBe(null);
  });

  test('a principal named like an object’s own members is a principal', () => {
    expect(
      decide([evidence({ principal: 'constructor' }), evidence({ principal: 'toString' })], { quorum: 2 }).outcome,
    ).toBe('approved');
  });

  test('the ask’s digest is that of the whole signed decision', () => {
    expect(askDigest).toBe(digestJson('decision', signedAsk));
  });
});

describe('decideApproval, with a withdrawal', () => {
  const approval = evidence();
  const taken = (change: Change = {}) =>
    evidence({ verdict: 'withdraw', withdraws: approval.digest, castAt: issuedAt + 2000, ...change });

  test('does not count the approval that its voter took back, and reaches the quorum without it', () => {
    const other = evidence({ principal: 'carol', castAt: issuedAt + 3000 });
    expect(decide([approval, taken()])).toMatchObject({
      outcome: null,
      countedDigests: [],
      statusByDigest: { [approval.digest]: 'withdrawn', [taken().digest]: 'counted' },
    });
    expect(decide([approval, taken(), other])).toMatchObject({ outcome: 'approved', decidedBy: other.vote });
  });

  test('takes back after the quorum and after the deadline, too: it is a revocation', () => {
    expect(decide([approval, taken({ castAt: ask.deadlineAt + 1 })], { closed: true }).outcome).toBe('expired');
  });

  test('is heard although its voter may not vote any more', () => {
    expect(decide([approval, taken({ eligible: false })]).outcome).toBe(null);
  });

  test.each<[string, Change]>([
    ['of somebody else', { principal: 'mallory' }],
    ['that names another vote', { withdraws: digestText('vote', 'another') }],
    ['that names none', { withdraws: undefined }],
    ['whose signature does not verify', { valid: false }],
    ['of another request', { nonce: '00000000-0000-4000-8000-000000000000' }],
  ])('%s takes nothing back', (_, flaw) => {
    const { withdraws, ...change } = { withdraws: approval.digest, ...flaw };
    const flawed = evidence({
      verdict: 'withdraw',
      castAt: issuedAt + 2000,
      ...(withdraws === undefined ? {} : { withdraws }),
      ...change,
    });
    expect(decide([approval, flawed]).outcome).toBe('approved');
  });

  test('of a denial takes nothing back: a no stands', () => {
    const denial = evidence({ verdict: 'deny' });
    expect(decide([denial, taken({ withdraws: denial.digest })]).outcome).toBe('denied');
  });
});

describe('decideApproval, with an edit', () => {
  const edits = { argumentsDigest: digestText('arguments', '{}'), argumentsBody: digestText('body', '{}') };
  const editable = { schemaBody: digestText('body', '{}'), left: 1 };
  const edit = (change: Change = {}) => evidence({ verdict: 'edit', edits, ...change });
  const decideEditable = (votes: VoteEvidence[], change: Partial<typeof ask> = {}, closed = false) =>
    decide(votes, { ask: { ...ask, editable, ...change }, closed });

  test('ends the request: it is superseded, and what comes after it is late', () => {
    const approval = evidence({ principal: 'carol', castAt: issuedAt + 2000 });
    expect(decideEditable([edit(), approval])).toEqual({
      outcome: 'superseded',
      decidedBy: edit().vote,
      countedDigests: [edit().digest],
      statusByDigest: { [edit().digest]: 'counted', [approval.digest]: 'late' },
    });
  });

  test.each<[string, Change, string]>([
    ['late', { castAt: ask.deadlineAt + 1 }, 'late'],
    ['of somebody who may not', { eligible: false }, 'ineligible'],
    ['whose signature does not verify', { valid: false }, 'invalid'],
    ['of another card', { cardDigest: digestText('card', 'another') }, 'unfitting'],
  ])('%s changes nothing', (_, change, status) => {
    const decided = decideEditable([edit(change)], {}, true);
    expect(decided).toMatchObject({ outcome: 'expired', statusByDigest: { [edit(change).digest]: status } });
  });

  test('of a request that offers none, or that names no arguments, does not fit', () => {
    expect(statusOf(edit())).toBe('unfitting');
    const nothing = evidence({ verdict: 'edit' });
    expect(decideEditable([nothing]).statusByDigest[nothing.digest]).toBe('unfitting');
  });

  test.each<[string, 'approve' | 'deny', number, string]>([
    ['before it, an approval decides', 'approve', -1, 'approved'],
    ['with it, an approval does not', 'approve', 0, 'superseded'],
    ['with it, a denial decides', 'deny', 0, 'denied'],
    ['after it, a denial does not', 'deny', 1, 'superseded'],
  ])('%s', (_, verdict, after, outcome) => {
    const other = evidence({ principal: 'carol', verdict, castAt: issuedAt + 1000 + after });
    expect(decideEditable([edit(), other]).outcome).toBe(outcome);
  });

  test('P2 whoever edited the call does not approve it, and may deny it', () => {
    const { principal } = evidence().vote.body;
    const own = { coAuthors: [principal] };
    expect(decideEditable([evidence()], own)).toMatchObject({ outcome: null, countedDigests: [] });
    expect(decideEditable([evidence({ verdict: 'deny' })], own).outcome).toBe('denied');
    expect(decideEditable([evidence({ principal: 'carol' })], own).outcome).toBe('approved');
  });

  test('is its voter’s one vote: an approval of theirs before it stands', () => {
    const { outcome, statusByDigest } = decide([evidence(), edit({ castAt: issuedAt + 2000 })], {
      ask: { ...ask, editable, terms: { ...ask.terms, quorum: 2 } },
    });
    expect(outcome).toBe(null);
    expect(statusByDigest[edit({ castAt: issuedAt + 2000 }).digest]).toBe('duplicate');
  });
});

describe('decideApproval, where people have several names and seats', () => {
  test('counts one person under two names once', () => {
    const votes = ['ann', 'ann-admin'].map((principal, index) => ({
      ...evidence({ principal, castAt: issuedAt + index }),
      person: 'person:ann',
    }));
    expect(decide(votes, { quorum: 2 }).outcome).toBe(null);
  });

  test('reads seats from the signed roles and groups where nobody judged them', () => {
    const thresholds = [{ from: { roles: [], principals: [], groups: ['security'] }, approve: 1 }];
    const under = (vote: VoteEvidence) =>
      decideApproval({
        ask: { ...ask, terms: { ...ask.terms, quorum: 1, thresholds } },
        askDigest,
        votes: [vote],
        closed: false,
      });
    expect(under(evidence()).outcome).toBe(null);
    expect(under(evidence({ groups: ['security'] })).outcome).toBe('approved');
    expect(under({ ...evidence({ groups: ['security'] }), seats: [] }).outcome).toBe(null);
  });
});

const change: fc.Arbitrary<Change> = fc.record({
  principal: fc.constantFrom('a', 'b', 'c', 'd'),
  verdict: fc.oneof({ weight: 4, arbitrary: fc.constant('approve' as const) }, fc.constant('deny' as const)),
  castAt: fc.oneof(
    fc.integer({ min: ask.askedAt - voteClockBoundMs - 3, max: ask.askedAt + 8 }),
    fc.integer({ min: ask.deadlineAt - 3, max: ask.deadlineAt + 3 }),
  ),
  valid: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
  eligible: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
  nonce: fc.oneof(
    { weight: 8, arbitrary: fc.constant(voteBody.nonce) },
    fc.constant('00000000-0000-4000-8000-000000000000'),
  ),
});
const votes = fc.array(change.map(evidence), { maxLength: 9 });
const quorum = fc.integer({ min: 1, max: 3 });
const inTime = ({ vote: { body }, valid, eligible }: VoteEvidence) =>
  valid &&
  eligible &&
  body.nonce === ask.nonce &&
  body.castAt <= ask.deadlineAt &&
  body.castAt >= ask.askedAt - voteClockBoundMs;

describe('decideApproval, for any votes', () => {
  test('nothing is approved without a quorum of distinct eligible principals in time', () => {
    fc.assert(
      fc.property(votes, quorum, fc.boolean(), (cast, needed, closed) => {
        const { outcome, countedDigests } = decide(cast, { quorum: needed, closed });
        if (outcome !== 'approved') return;
        const approving = cast.filter((vote) => inTime(vote) && vote.vote.body.verdict === 'approve');
        expect(new Set(approving.map((vote) => vote.vote.body.principal)).size).toBeGreaterThanOrEqual(needed);
        expect(countedDigests.length).toBe(needed);
        expect(countedDigests.every((digest) => approving.some((vote) => vote.digest === digest))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('the order of arrival is irrelevant', () => {
    const shuffled = votes.chain((cast) =>
      fc.tuple(fc.constant(cast), fc.shuffledSubarray(cast, { minLength: cast.length, maxLength: cast.length })),
    );
    fc.assert(
      fc.property(shuffled, quorum, ([cast, other], needed) => {
        expect(decide(other, { quorum: needed })).toEqual(decide(cast, { quorum: needed }));
      }),
      { numRuns: 500 },
    );
  });

  test('votes that are late, invalid, ineligible or unfitting never matter', () => {
    fc.assert(
      fc.property(votes, quorum, fc.boolean(), (cast, needed, closed) => {
        const all = decide(cast, { quorum: needed, closed });
        // A digest judged badly once is bad: a sound copy of it must go, too.
        const bad = new Set(cast.filter((vote) => !inTime(vote)).map((vote) => vote.digest));
        const sound = decide(
          cast.filter((vote) => !bad.has(vote.digest)),
          { quorum: needed, closed },
        );
        expect({ ...all, statusByDigest: null }).toEqual({ ...sound, statusByDigest: null });
      }),
      { numRuns: 500 },
    );
  });

  test('a denial by a fresh principal cast no later than the decision never leaves it approved', () => {
    fc.assert(
      fc.property(votes, quorum, fc.nat(20), (cast, needed, before) => {
        const { outcome, decidedBy } = decide(cast, { quorum: needed });
        fc.pre(outcome === 'approved' && decidedBy !== null);
        const castAt = Math.max(ask.askedAt - voteClockBoundMs, (decidedBy?.body.castAt ?? 0) - before);
        const denial = evidence({ principal: 'z', verdict: 'deny', castAt });
        expect(decide([...cast, denial], { quorum: needed }).outcome).toBe('denied');
      }),
      { numRuns: 500 },
    );
  });

  test('every vote has a status, and exactly the counted ones are counted', () => {
    fc.assert(
      fc.property(votes, quorum, (cast, needed) => {
        const { statusByDigest, countedDigests } = decide(cast, { quorum: needed });
        expect(Object.keys(statusByDigest).sort()).toEqual([...new Set(cast.map((vote) => vote.digest))].sort());
        const counted = Object.entries(statusByDigest).filter(([, status]) => status === 'counted');
        expect(counted.map(([digest]) => digest).sort()).toEqual([...countedDigests].sort());
      }),
    );
  });
});
