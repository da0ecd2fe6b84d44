/** Votes: who may cast which, what is stored before what is sent, and what the caller is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { digestJson } from '../../../core/digest.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import { activatePack } from '../../../gateway/index.ts';
import type { AskRow } from '../../../store/store.ts';
import { aDenial, anyDigest, linkOf, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { audience, canary, newKeys, packToActivate, policyText, startWorld, type World } from './gateway-world.ts';

let world: World;
let ask: AskRow;
let bob: string;

beforeEach(async () => {
  world = await startWorld();
  ask = await world.ask(1);
  bob = await world.key('bob');
});
afterEach(() => world.close());

function cardDigestOf(row: AskRow): string {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  return row.ask.body.ask.cardDigest;
}

async function vote(key: string, changes: Record<string, unknown> = {}, row = ask) {
  const body = { verdict: 'approve', cardDigest: cardDigestOf(row), ...changes };
  return await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key, body });
}

async function expectNothingHappened(row = ask): Promise<void> {
  expect(await world.store.votesByNonce(row.nonce)).toEqual([]);
  expect(world.door.signals).toEqual([]);
}

describe('a vote in time', () => {
  it('is stored, then signalled, and says that it counts', async () => {
    const answer = await vote(bob);
    expect(answer).toMatchObject({ status: 200, body: { status: 'applied', outcome: null, castAt: world.clock.at } });
    const [stored] = await world.store.votesByNonce(ask.nonce);
    expect(stored).toMatchObject({ signalled: true, digest: answer.body['voteDigest'] });
    expect(world.door.signals).toEqual([{ workflowId: workflowIdOf(1), name: 'vote', payload: stored?.vote }]);
  });

  it('is signed for exactly this ask, card, terms and principal', async () => {
    await vote(bob, { verdict: 'deny', reason: 'not today', channel: 'terminal' });
    const [stored] = await world.store.votesByNonce(ask.nonce);
    const now = world.clock.at;
    const options = { schema: signedVoteSchema, audience, registry: world.keys.registry, now };
    expect(openEnvelope(stored?.vote, options).kind).toBe('opened');
    if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    expect(stored?.vote.body).toEqual({
      nonce: ask.nonce,
      callKey: ask.callKey,
      askDigest: ask.askDigest,
      cardDigest: cardDigestOf(ask),
      termsDigest: ask.ask.body.ask.termsDigest,
      verdict: 'deny',
      principal: 'bob',
      roles: ['operator'],
      authenticated: { method: 'api-key', credentialId: bob.slice(3, 15), mintedBy: 'bob' },
      channel: 'terminal',
      castAt: now,
      reason: 'not today',
    });
    expect(stored?.digest).toBe(digestJson('vote', stored?.vote));
  });

  it('is asked about again while the run checks it', async () => {
    world.door.voteStatuses = [
      { status: 'unknown' },
      { status: 'checking' },
      { status: 'applied', outcome: 'approved' },
    ];
    expect((await vote(bob)).body).toMatchObject({ status: 'applied', outcome: 'approved' });
  });

  it('is recorded, not applied, where no worker answers', async () => {
    world.door.voteStatuses = [];
    const answer = await vote(bob);
    expect(answer.status).toBe(202);
    expect(answer.body['status']).toBe('recorded');
  });

  it('that the run rejects says why', async () => {
    world.door.voteStatuses = [{ status: 'rejected', reason: 'bad-signature' }];
    expect((await vote(bob)).body).toMatchObject({ status: 'rejected', reason: 'bad-signature' });
  });

  it('of the same principal a second time is a duplicate and changes nothing', async () => {
    await vote(bob);
    const second = await vote(await world.key('bob'), { verdict: 'deny' });
    const first = { principal: 'bob', verdict: 'approve', castAt: world.clock.at, channel: 'api' };
    expect(second).toMatchObject({ status: 200, body: { status: 'duplicate', first } });
    expect(second.body['reason']).toBe(
      `you had answered it before: approve at ${new Date(world.clock.at).toISOString()} from api; that answer stands, and one person has one for a request`,
    );
    const view = await world.call('GET', `/v1/approvals/${ask.nonce}`, { key: bob });
    expect(view.body['you']).toMatchObject({ answered: 'approve', answer: first });
    expect((await world.store.votesByNonce(ask.nonce)).map((one) => one.vote.body.verdict)).toEqual(['approve']);
    expect(world.door.signals).toHaveLength(1);
  });

  it('stays stored and is not called applied when the signal fails', async () => {
    world.door.signal = () => Promise.reject(new Error('gone'));
    const answer = await vote(bob, { verdict: 'deny' });
    expect(answer.status).toBe(202);
    expect(await world.store.unsignalledVotes(10)).toHaveLength(1);
  });
});

describe('a vote that is late', () => {
  it('past the deadline is kept as evidence and never sent', async () => {
    world.clock.at = ask.deadlineAt + 1;
    const answer = await vote(bob);
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await world.store.votesByNonce(ask.nonce)).toMatchObject([
      { signalled: true, vote: { body: { castAt: world.clock.at } } },
    ]);
    expect(world.door.signals).toEqual([]);
  });

  it('at the deadline itself still counts', async () => {
    world.clock.at = ask.deadlineAt;
    expect((await vote(bob)).status).toBe(200);
  });

  it('after the run was reset is kept as evidence and never sent', async () => {
    const reset = { workflowId: workflowIdOf(1), linkRunId: linkOf(99), kind: 'reset' as const };
    await world.store.registerLink({ ...reset, expectedLastLinkRunId: linkOf(1), now: world.clock.at });
    world.door.run(workflowIdOf(1), linkOf(99));
    expect((await vote(bob)).body['code']).toBe('conflict');
    expect(await world.store.votesByNonce(ask.nonce)).toMatchObject([{ signalled: true }]);
    expect(world.door.signals).toEqual([]);
  });
});

describe('a vote that no longer matters', () => {
  it.each([
    [
      'as its request has an outcome',
      async () => {
        const place = { callKey: ask.callKey, pass: 2, linkRunId: linkOf(1) };
        const { body } = aDenial(place, ask.nonce);
        const decision = world.seal('decision', body);
        const digest = digestJson('decision', decision);
        const closes = { nonce: ask.nonce, outcome: 'withdrawn' as const, at: world.clock.at };
        const key = { ...place, try: 1, purpose: 'execute' as const };
        const record = { key, decision, digest, turn: 1, ask: null, closes, denial: null, admit: null };
        expect(await world.store.recordDecision(record, { runEpoch: 0 })).toEqual({ kind: 'recorded' });
      },
    ],
    [
      'as its run has ended',
      async () => {
        const run = { workflowId: workflowIdOf(1), linkRunId: linkOf(1) };
        await world.store.closeRun({ ...run, outcome: 'completed', now: world.clock.at });
      },
    ],
  ])('%s is kept as evidence and never sent, although the server has the run running', async (_why, arrange) => {
    await arrange();
    expect(await vote(bob)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await world.store.votesByNonce(ask.nonce)).toMatchObject([{ signalled: true }]);
    expect(world.door.signals).toEqual([]);
  });
});

describe('a vote that may not be cast', () => {
  it.each([
    ['of the requester', { principal: 'ann' }],
    ['of somebody without the role', { principal: 'cat', roles: ['visitor'] }],
    ['of somebody whose role the policy does not declare', { principal: 'cat', roles: ['admin'] }],
    ['of a service account', { principal: 'robot', person: false }],
    ['by a key that the requester made for another', { principal: 'sock', mintedBy: 'ann' }],
  ])('%s is refused and not stored', async (_who, changes) => {
    const { principal, ...rest } = changes;
    const answer = await vote(await world.key(principal, rest));
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    await expectNothingHappened();
  });

  it('of somebody whose role the active policy no longer has is refused, whatever the run pins', async () => {
    const tightened = policyText.replaceAll('operator', 'owner');
    await activatePack(world.options, packToActivate({}, tightened), 'ann');
    expect((await vote(bob)).status).toBe(403);
    await expectNothingHappened();
  });

  it('is signed with the roles and groups that its voter has now, under the policy that judges it', async () => {
    const policy = policyText.replace(
      'approvals:',
      'groups: { sre: { principals: [bob], roles: [lead] } }\napprovals:',
    );
    const pack = packToActivate({}, policy);
    await activatePack(world.options, pack, 'ann');
    const of = { policyDigest: pack.policyDigest, activePolicyDigest: pack.policyDigest };
    const row = await world.ask(2, { body: of, terms: { approvers: { roles: [], principals: [], groups: ['sre'] } } });
    expect((await vote(await world.key('dan'), {}, row)).status).toBe(403);
    expect((await vote(bob, {}, row)).status).toBe(200);
    const [stored] = await world.store.votesByNonce(row.nonce);
    expect(stored?.vote.body).toMatchObject({ roles: ['lead', 'operator'], groups: ['sre'] });
  });

  it('of whom the requester enrolled under another name of theirs is refused', async () => {
    const pack = packToActivate({}, policyText.replace('approvals:', 'people: { gus: [gus, gus-admin] }\napprovals:'));
    await activatePack(world.options, pack, 'ann');
    const row = await world.ask(2, { ticket: { principal: 'gus' } });
    const puppet = await world.key('dan', { mintedBy: 'gus-admin', madeByBearer: true });
    expect((await vote(puppet, {}, row)).body).toMatchObject({ code: 'forbidden' });
    await expectNothingHappened(row);
  });

  it('of who the run acts for is refused', async () => {
    const row = await world.ask(2, { ticket: { onBehalfOf: 'dan' } });
    expect((await vote(await world.key('dan'), {}, row)).status).toBe(403);
    await expectNothingHappened(row);
  });

  it('of the requester is taken where the terms say so', async () => {
    const row = await world.ask(2, { terms: { requesterMayApprove: true } });
    expect((await vote(await world.key('ann'), {}, row)).status).toBe(200);
  });

  it('on a card of another digest is a conflict', async () => {
    expect(await vote(bob, { cardDigest: anyDigest('another card') })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    await expectNothingHappened();
  });

  it('without a reason where the terms require one is refused', async () => {
    const row = await world.ask(2, { terms: { reasonRequired: true } });
    expect(await vote(bob, {}, row)).toMatchObject({ status: 422, body: { code: 'input-refused' } });
    expect((await vote(bob, { reason: '   ' }, row)).status).toBe(422);
    await expectNothingHappened(row);
  });

  it('with a secret in its reason is refused and the secret is nowhere', async () => {
    const answer = await vote(bob, { reason: `because ${canary}` });
    expect(answer).toMatchObject({ status: 422, body: { code: 'input-refused', findings: [{ rule: 'canary' }] } });
    expect(answer.text).not.toContain(canary);
    expect(world.log.join('')).not.toContain(canary);
    await expectNothingHappened();
  });

  it('on a reconcile request is a conflict', async () => {
    const row = await world.ask(2, { kind: 'reconcile', card: { kind: 'reconcile' } });
    expect((await vote(bob, {}, row)).body['code']).toBe('conflict');
    await expectNothingHappened(row);
  });

  it('on an ask that the gate did not sign is refused', async () => {
    const row = await world.ask(2, { signedBy: await newKeys(world.folder) });
    expect(await vote(bob, {}, row)).toMatchObject({ status: 403, body: { code: 'signature-invalid' } });
    await expectNothingHappened(row);
  });

  it('on no request is not found', async () => {
    const body = { verdict: 'approve', cardDigest: anyDigest('card') };
    const answer = await world.call('POST', `/v1/approvals/${nonceOf(77)}/votes`, { key: bob, body });
    expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('while the run no longer runs is a conflict', async () => {
    world.door.links.set(workflowIdOf(1), { linkRunId: linkOf(1), status: 'closed', cancelRequested: false });
    expect((await vote(bob)).status).toBe(409);
    await expectNothingHappened();
  });

  const successor = { firstRunId: linkOf(1), originalRunId: linkOf(50), continuedRunId: linkOf(1) };

  it.each([
    ['of a run that was reset', { originalRunId: linkOf(1) }],
    ['of another chain', { firstRunId: linkOf(7) }],
    ['that follows another link', { continuedRunId: linkOf(7) }],
    ['that somebody started', { continuedRunId: null }],
  ])('while a link %s runs, not registered, is a conflict', async (_what, changes) => {
    world.door.run(workflowIdOf(1), linkOf(50));
    world.door.origins.set(linkOf(50), { workflowType: 'agentRun', ...successor, ...changes });
    expect((await vote(bob)).status).toBe(409);
    await expectNothingHappened();
  });

  it('is taken while the true successor of the last link waits to be registered', async () => {
    world.door.run(workflowIdOf(1), linkOf(50));
    world.door.origins.set(linkOf(50), { workflowType: 'agentRun', ...successor });
    expect((await vote(bob)).status).toBe(200);
  });

  it.each([11_000, -11_000])('while the clocks differ by %i ms is not signed', async (aheadMs) => {
    world.door.aheadMs = aheadMs;
    const answer = await vote(bob);
    expect(answer).toMatchObject({ status: 503, body: { code: 'clock-skew' }, headers: { 'retry-after': '1' } });
    await expectNothingHappened();
  });

  it('while the server is away is not stored', async () => {
    world.door.down = true;
    expect(await vote(bob)).toMatchObject({ status: 503, body: { code: 'server-unavailable' } });
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  });

  it.each([
    ['no verdict', { verdict: undefined }],
    ['another verdict', { verdict: 'maybe' }],
    ['no card', { cardDigest: undefined }],
    ['a malformed card digest', { cardDigest: 'sha256:12' }],
    ['an unknown key', { approver: 'eve' }],
    ['a time of its own', { castAt: 1 }],
    ['another channel', { channel: 'telepathy' }],
    ['a channel that only the gateway can know', { channel: 'slack' }],
    ['too long a reason', { reason: 'x'.repeat(2001) }],
  ])('with %s is refused', async (_what, changes) => {
    expect(await vote(bob, changes)).toMatchObject({ status: 400, body: { code: 'input-invalid' } });
    await expectNothingHappened();
  });
});
