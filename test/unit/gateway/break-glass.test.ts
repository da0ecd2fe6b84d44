/** Break-glass at the gateway: who may, what is signed, and the review that others sign afterwards. One flaw a test. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestJson } from '../../../core/digest.ts';
import type { AskRow } from '../../../store/store.ts';
import { nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { breakGlass, breakGlassTerms, hourMs, recordPermit, startBreakGlassWorld } from './break-glass-world.ts';
import { type Answer, canary, type World } from './gateway-world.ts';

let world: World;
let ask: AskRow;
let mia: string;

beforeEach(async () => {
  ({ world, ask, mia } = await startBreakGlassWorld());
});
afterEach(() => world.close());

const breaks = (key: string, changes: Record<string, unknown> = {}, row = ask): Promise<Answer> =>
  breakGlass(world, row, key, changes);

describe('a break-glass vote', () => {
  it('is signed as one, with role, reason and confirmation, stored and signalled', async () => {
    expect(await breaks(mia)).toMatchObject({ status: 200, body: { status: 'applied' } });
    const [stored] = await world.store.votesByNonce(ask.nonce);
    expect(stored?.vote.body).toMatchObject({
      verdict: 'break-glass',
      principal: 'mia',
      roles: ['chief'],
      reason: 'the site is down',
      authenticated: { stepUp: 'typed-target' },
    });
    expect(world.door.signals).toHaveLength(1);
  });

  it.each<[string, () => Promise<Answer>, number, RegExp]>([
    ['without a reason', () => breaks(mia, { reason: undefined }), 422, /reason, which break-glass requires/],
    ['with a reason of blanks', () => breaks(mia, { reason: '  ' }), 422, /reason, which break-glass requires/],
    ['with an unseen reason', () => breaks(mia, { reason: '\u200B\u2060' }), 422, /reason, which break-glass requires/],
    ['with a secret in the reason', () => breaks(mia, { reason: canary }), 422, /reason/],
    ['without a confirmation', () => breaks(mia, { confirmation: undefined }), 422, /not confirmed afresh/],
    ['with another text typed', () => breaks(mia, { confirmation: 'yes' }), 422, /another text/],
    [
      'with a grant',
      () => breaks(mia, { grant: { propose: { uses: 1, ttlMs: 1000 } } }),
      400,
      /only an approval grants/,
    ],
    ['of another card', () => breaks(mia, { cardDigest: digestJson('card', {}) }), 409, /another one/],
    ['by an approver', async () => breaks(await world.key('bob')), 403, /one with role/],
    [
      'by a service account',
      async () => breaks(await world.key('mia-bot', { roles: ['chief'], person: false })),
      403,
      /service account/,
    ],
    ['by the requester', async () => breaks(await world.key('ann', { roles: ['chief'] })), 403, /requester/],
    [
      'with a key that the requester made',
      async () => breaks(await world.key('max', { roles: ['chief'], mintedBy: 'ann' })),
      403,
      /made by somebody else/,
    ],
    [
      'without the scope to vote',
      async () => breaks(await world.key('max', { roles: ['chief'], scopes: ['approvals:read'] })),
      403,
      /scope/,
    ],
  ])('%s is refused, and nothing is stored', async (_name, cast, status, reason) => {
    const answer = await cast();
    expect(answer).toMatchObject({ status });
    expect(answer.text).toMatch(reason);
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
    expect(world.door.signals).toEqual([]);
  });

  it('is refused where somebody denied, says who, when and from where, and uses nothing up', async () => {
    const two = await world.ask(2, { terms: { ...breakGlassTerms, denials: 2 } });
    const bob = await world.key('bob');
    const { body } = two.ask;
    const cardDigest = body.verdict === 'ask' ? body.ask.cardDigest : '';
    const deny = { verdict: 'deny', cardDigest };
    await world.call('POST', `/v1/approvals/${two.nonce}/votes`, { key: bob, body: deny });
    const answer = await breaks(mia, {}, two);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain(`\\"bob\\" denied it at ${new Date(world.clock.at).toISOString()} from api`);
    expect((await world.store.votesByNonce(two.nonce)).map(({ vote }) => vote.body.principal)).toEqual(['bob']);
  });

  it('that the gate refuses says that the answer is used up, and whom to ask', async () => {
    world.door.voteStatuses = [{ status: 'rejected', reason: 'somebody denied the request' }];
    const { body } = await breaks(mia);
    expect(body['reason']).toBe(
      'somebody denied the request; it was your one answer to this request, so ask another holder of role "chief", or its approvers',
    );
  });

  it('is a duplicate of what the same person answered under another name, which is named', async () => {
    await breaks(mia);
    world.door.voteStatuses = [{ status: 'duplicate' }];
    const { body } = await breaks(await world.key('mia-oncall', { roles: ['chief'] }));
    expect(body).toMatchObject({ status: 'duplicate', first: { principal: 'mia', verdict: 'break-glass' } });
    expect(body['reason']).toContain('you had answered it before as "mia": break-glass at ');
  });

  it('is refused to the requester also where requesters may approve', async () => {
    const own = await world.ask(2, { terms: { ...breakGlassTerms, requesterMayApprove: true } });
    expect(await breaks(await world.key('ann', { roles: ['chief'] }), {}, own)).toMatchObject({ status: 403 });
  });

  it('is refused where the terms know none', async () => {
    const plain = await world.ask(2, { terms: { quorum: 2 } });
    expect((await breaks(mia, {}, plain)).text).toMatch(/know no break-glass/);
  });

  it('is refused after the deadline, and kept as evidence', async () => {
    world.clock.at = ask.deadlineAt + 1;
    expect(await breaks(mia)).toMatchObject({ status: 409 });
    expect(world.door.signals).toEqual([]);
  });

  it('is refused beyond the uses of a day, also under another name', async () => {
    await breaks(mia);
    await recordPermit(world, ask);
    const next = await world.ask(2, { terms: breakGlassTerms });
    expect((await breaks(mia, {}, next)).text).toMatch(/1 times within a day/);
    expect((await breaks(await world.key('mia-oncall', { roles: ['chief'] }), {}, next)).status).toBe(403);
  });

  it('says of each request who may, and what to type', async () => {
    const seen = async (key: string) => (await world.call('GET', `/v1/approvals/${ask.nonce}`, { key })).body;
    const alone = { role: 'chief', confirmation: 'restart_service', reviewWithinMs: hourMs };
    expect(await seen(mia)).toMatchObject({
      you: { mayBreakGlass: true, mayAnswer: false },
      approvers: { breakGlass: alone },
    });
    expect((await seen(await world.key('bob')))['you']).not.toHaveProperty('mayBreakGlass');
  });
});

describe('a review', () => {
  beforeEach(async () => {
    await breaks(mia);
    await recordPermit(world, ask);
  });
  const show = async (key: string) => await world.call('GET', `/v1/reviews/${ask.nonce}`, { key });
  async function signs(key: string, finding = 'justified', reason = 'I looked at the pages'): Promise<Answer> {
    return await world.call('POST', `/v1/reviews/${ask.nonce}/signatures`, { key, body: { finding, reason } });
  }
  async function list(state = 'open'): Promise<Record<string, unknown>> {
    return (await world.call('GET', `/v1/reviews?state=${state}`, { key: mia })).body;
  }

  it('is listed with who, why and until when, and says who may sign', async () => {
    const own = {
      nonce: ask.nonce,
      by: 'mia',
      role: 'chief',
      reason: 'the site is down',
      state: 'open',
      overdue: false,
    };
    expect(await list()).toMatchObject({
      open: 1,
      reviews: [{ ...own, dueAt: world.clock.at + hourMs, signatures: [] }],
    });
    expect((await show(mia)).body).toMatchObject({ you: { maySign: false } });
    expect((await show(await world.key('bob'))).body).toMatchObject({ you: { maySign: true, reason: null } });
  });

  it('is signed by two others, and closed by the second, whatever they found', async () => {
    const [bob, carol] = [await world.key('bob'), await world.key('carol')];
    expect(await signs(bob, 'not-justified')).toMatchObject({ status: 200, body: { state: 'open' } });
    expect(await signs(carol)).toMatchObject({ status: 200, body: { state: 'signed' } });
    expect(await list()).toEqual({ open: 0, reviews: [] });
    expect(await list('all')).toMatchObject({
      reviews: [
        {
          state: 'signed',
          signatures: [{ principal: 'bob', finding: 'not-justified', channel: 'api' }, { principal: 'carol' }],
        },
      ],
    });
    expect((await signs(await world.key('dan'))).status).toBe(409);
  });

  it.each<[string, () => Promise<string>, number]>([
    ['the breaker, who could have answered by another role', () => world.key('mia', { roles: ['operator'] }), 403],
    ['the breaker under another name', () => world.key('mia-oncall'), 403],
    ['the requester', () => world.key('ann'), 403],
    ['somebody whom the breaker enrolled', () => world.key('eve', { mintedBy: 'mia', madeByBearer: true }), 403],
    [
      'somebody whom the breaker enrolled under another name',
      () => world.key('eve', { mintedBy: 'mia-oncall', madeByBearer: true }),
      403,
    ],
    ['somebody who could not have answered', () => world.key('guest', { roles: [] }), 403],
    ['a service account', () => world.key('bot', { person: false }), 403],
    ['the one who signed it', () => world.key('bob'), 409],
    ['the one who signed it, under another name', () => world.key('bob-admin'), 409],
  ])('is not signed by %s', async (_name, key, status) => {
    await signs(await world.key('bob'));
    expect((await signs(await key())).status).toBe(status);
    expect((await show(mia)).body).toMatchObject({ state: 'open', signatures: [{ principal: 'bob' }] });
  });

  it('says to the breaker that it is their own, and does not call them the requester', async () => {
    const own = await signs(await world.key('mia-oncall'));
    expect(own.body['detail']).toMatch(/whoever broke the glass does not review it/);
  });

  it('wants a finding and a reason, without secrets', async () => {
    const bob = await world.key('bob');
    expect((await signs(bob, 'fine')).status).toBe(400);
    expect((await signs(bob, 'justified', '\u200B')).status).toBe(400);
    expect((await signs(bob, 'justified', ' ')).status).toBe(400);
    expect((await signs(bob, 'justified', canary)).status).toBe(422);
    expect((await show(mia)).body).toMatchObject({ signatures: [] });
  });

  it('that is overdue keeps its breaker from breaking the glass again, until it is signed', async () => {
    world.clock.at += 25 * hourMs;
    const again = async (number: number) => {
      const deadlineAt = world.clock.at + hourMs;
      const row = await world.ask(number, { terms: breakGlassTerms, deadlineAt });
      const key = await world.key('mia', { roles: ['chief'] });
      return await breaks(key, {}, row);
    };
    expect((await again(2)).text).toMatch(/overdue/);
    const reader = await world.key('carol');
    expect((await show(reader)).body).toMatchObject({ overdue: true });
    await signs(await world.key('bob'));
    await signs(reader);
    expect(await again(3)).toMatchObject({ status: 200 });
  });

  it('counts no signature that somebody without the key wrote into the database', async () => {
    const { store } = world;
    const bob = await world.key('bob');
    await signs(bob);
    const [row] = await store.listControl(['review-signature']);
    if (row?.body.kind !== 'review-signature') throw new TypeError('nobody signed');
    const { body } = row;
    await store.appendControl((sequence) => ({ ...row, body: { ...body, sequence, principal: 'carol' } }));
    expect((await show(bob)).body).toMatchObject({ state: 'open' });
  });

  it('is not found of a request that nobody answered alone', async () => {
    const other = await world.ask(2, { terms: breakGlassTerms });
    expect((await world.call('GET', `/v1/reviews/${other.nonce}`, { key: mia })).status).toBe(404);
    expect(other.nonce).toBe(nonceOf(2));
    expect(other.workflowId).toBe(workflowIdOf(2));
  });
});
