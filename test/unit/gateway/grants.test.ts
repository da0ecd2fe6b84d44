/** Grants at the gateway: who may propose what, what is signed, who may sign it as well, and how one is ended. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrantRequest } from '../../../client/grant-schemas.ts';
import { grantDigestOf } from '../../../core/grant/decide-grant.ts';
import { readGrants } from '../../../store/read-grants.ts';
import type { AskRow } from '../../../store/store.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { aDenial, linkOf, nonceOf } from '../../support/signed-objects.ts';
import { audience, canary, startWorld, type World } from './gateway-world.ts';

const hour = 3_600_000;
const text = canonicalJson({ service: 'web-1', force: false });
const rules = [{ id: 'effects', effect: 'ask' as const, reason: 'a person must see it' }];
const cap = { ttlMs: hour, uses: 5, risk: 'medium' as const, scope: 'run' as const };

let world: World;
let ask: AskRow;
let bob: string;
let carol: string;

beforeEach(async () => {
  world = await startWorld();
  ask = await askFor(1);
  bob = await world.key('bob');
  carol = await world.key('carol');
});
afterEach(() => world.close());

async function askFor(number: number, terms: object = { quorum: 2, grants: cap }, body: object = {}): Promise<AskRow> {
  const argumentsDigest = digestText('arguments', text);
  return await world.ask(number, {
    terms,
    card: { arguments: text, argumentsDigest },
    body: { rules, labels: ['operator'], argumentsDigest, ...body },
  });
}

async function approve(key: string, grant: GrantRequest | undefined, row = ask, changes: object = {}) {
  const cardDigest = row.ask.body.verdict === 'ask' ? row.ask.body.ask.cardDigest : '';
  const body = { verdict: 'approve', cardDigest, ...(grant ? { grant } : {}), ...changes };
  return await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key, body });
}

const propose = (more: object = {}): GrantRequest => ({
  propose: { arguments: { service: { like: ['web-*'] } }, uses: 3, ttlMs: hour, ...more },
});

async function known() {
  return await readGrants({ store: world.store, registry: world.keys.registry, audience });
}

/** As the gate closes a request. */
async function close(): Promise<void> {
  const place = { callKey: ask.callKey, pass: 2, linkRunId: linkOf(1) };
  const decision = world.seal('decision', aDenial(place, ask.nonce).body);
  const digest = digestJson('decision', decision);
  const closes = { nonce: ask.nonce, outcome: 'withdrawn' as const, at: world.clock.at };
  const key = { ...place, try: 1, purpose: 'execute' as const };
  await world.store.recordDecision(
    { key, decision, digest, turn: 1, ask: null, closes, denial: null, admit: null },
    { runEpoch: 0 },
  );
}

it.each([
  ['grant-previews', { grant: { propose: { uses: 1, ttlMs: 1000 } } }, 'Cannot say what this grant would cover: '],
  ['edits', { arguments: {} }, 'Cannot take this edit: '],
])('%s without the digest of a card say what could not be done', async (route, body, words) => {
  const answer = await world.call('POST', `/v1/approvals/${nonceOf(1)}/${route}`, {
    key: await world.key('bob'),
    body,
  });
  expect([answer.status, answer.body['detail']]).toEqual([400, expect.stringContaining(words)]);
});

describe('a proposed grant', () => {
  it('is signed with every argument, and its digest is in the vote', async () => {
    const answer = await approve(bob, propose());
    expect(answer).toMatchObject({ status: 200, body: { status: 'applied' } });
    const [found] = await known();
    if (!found) throw new TypeError('nothing was recorded');
    expect(found.grant).toMatchObject({
      proposedBy: 'bob',
      scope: 'run',
      arguments: { service: { kind: 'like', globs: ['web-*'] }, force: { kind: 'exactly', json: 'false' } },
      rules: ['effects'],
      labels: ['operator'],
      risk: 'medium',
      uses: 3,
      expiresAt: world.clock.at + hour,
      request: { nonce: ask.nonce, askDigest: ask.askDigest },
    });
    const [stored] = await world.store.votesByNonce(ask.nonce);
    expect(stored?.vote.body.grantDigest).toBe(grantDigestOf(found.grant));
    expect(answer.body['grantId']).toBe(found.grant.grantId);
  });

  it('stands beside the card in words, and with the second vote for it', async () => {
    await approve(bob, propose());
    const seen = await world.call('GET', `/v1/approvals/${ask.nonce}`, { key: carol });
    const [proposed] = seen.body['grants'] as { grantDigest: string; grantId: string; approvals: string[] }[];
    expect(seen.body['text']).toContain('service is like "web-*"');
    expect(seen.body['text']).toContain('force is exactly false');
    expect(proposed?.approvals).toEqual(['bob']);
    const grant = async () => (await world.call('GET', `/v1/grants/${proposed?.grantId}`, { key: carol })).body;
    expect(await grant()).toMatchObject({ state: 'proposed', quorum: 2, used: [] });
    world.clock.at += 1;
    await approve(carol, { sign: String(proposed?.grantDigest) });
    expect(await grant()).toMatchObject({ state: 'standing', approvals: ['bob', 'carol'] });
    const { body } = await world.call('GET', '/v1/grants', { key: carol });
    expect(body['grants']).toHaveLength(1);
  });

  it('waits for nobody once its request has an outcome, and is not listed among those that do', async () => {
    await approve(bob, propose());
    const [found] = await known();
    const show = async () => (await world.call('GET', `/v1/grants/${found?.grant.grantId}`, { key: carol })).body;
    expect(await show()).toMatchObject({ state: 'proposed' });
    await close();
    expect(await show()).toMatchObject({ state: 'void' });
    expect((await world.call('GET', '/v1/grants', { key: carol })).body['grants']).toEqual([]);
  });

  it('says who took an approval of it back', async () => {
    await approve(bob, propose());
    const [proposal] = await known();
    await approve(carol, { sign: proposal ? grantDigestOf(proposal.grant) : '' });
    world.clock.at += 1;
    const withdrawn = await world.call('POST', `/v1/approvals/${ask.nonce}/withdrawals`, { key: carol, body: {} });
    expect(withdrawn.status).toBeLessThan(300);
    const [found] = await known();
    const { body } = await world.call('GET', `/v1/grants/${found?.grant.grantId}`, { key: bob });
    expect(body).toMatchObject({ approvals: ['bob'], takenBack: ['carol'] });
  });

  it('does not stand with the vote of somebody who approved the call alone', async () => {
    await approve(bob, propose());
    await approve(carol, undefined);
    const [found] = await known();
    world.clock.at += 61_000;
    const { body } = await world.call('GET', `/v1/grants/${found?.grant.grantId}`, { key: carol });
    expect(body).toMatchObject({ state: 'void', approvals: ['bob'] });
    expect((await world.call('GET', '/v1/grants', { key: carol })).body['grants']).toEqual([]);
    expect((await world.call('GET', '/v1/grants?state=all', { key: carol })).body['grants']).toHaveLength(1);
  });

  it('is answered as the first when it is sent again with its key, and recorded once', async () => {
    const headers = { 'idempotency-key': 'once' };
    const cardDigest = ask.ask.body.verdict === 'ask' ? ask.ask.body.ask.cardDigest : '';
    const body = { verdict: 'approve', cardDigest, grant: propose() };
    const send = async () => await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key: bob, body, headers });
    await send();
    expect(await send()).toMatchObject({ status: 200, body: { repeated: true } });
    expect(await known()).toHaveLength(1);
  });

  it('of another coverage is another vote: its key is refused, and the first stays as it was', async () => {
    const headers = { 'idempotency-key': 'once' };
    const cardDigest = ask.ask.body.verdict === 'ask' ? ask.ask.body.ask.cardDigest : '';
    const send = async (grant: GrantRequest | undefined): ReturnType<typeof world.call> => {
      const body = { verdict: 'approve', cardDigest, ...(grant ? { grant } : {}) };
      return await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key: bob, body, headers });
    };
    await send(propose());
    const [first] = await known();
    for (const other of [propose({ uses: 1 }), undefined]) {
      const { status, body } = await send(other);
      expect([status, body['detail']]).toEqual([409, expect.stringContaining('its idempotency key was used')]);
    }
    expect(await known()).toEqual([first]);
  });

  it('of somebody who has voted is not recorded', async () => {
    await approve(bob, undefined);
    expect(await approve(bob, propose())).toMatchObject({ body: { status: 'duplicate' } });
    expect(await known()).toEqual([]);
  });
});

describe('no grant', () => {
  const refused: [name: string, status: number, grant: GrantRequest, changes?: object][] = [
    ['for more uses than the terms allow', 403, propose({ uses: 6 })],
    ['for longer than the terms allow', 403, propose({ ttlMs: hour + 1 })],
    ['for a higher risk than the terms allow', 403, propose({ risk: 'high' })],
    ['for a lower risk than the call itself', 403, propose({ risk: 'low' })],
    ['for every run where the terms allow one', 403, propose({ scope: 'agent' })],
    ['with a pattern like anything', 400, propose({ arguments: { service: { like: ['*'] } } })],
    ['of an argument that the call does not have', 400, propose({ arguments: { name: { like: ['a*'] } } })],
    ['that does not cover the call itself', 400, propose({ arguments: { service: { oneOf: ['web-2'] } } })],
    ['that nobody proposed', 404, { sign: digestText('grant', 'x') }],
    ['with a denial', 400, propose(), { verdict: 'deny', reason: 'no' }],
    ['with a secret in its pattern', 422, propose({ arguments: { service: { like: [`web-${canary}*`, 'web-*'] } } })],
  ];
  it.each(refused)('is given %s, and the vote is not cast either', async (_name, status, grant, changes) => {
    const answer = await approve(bob, grant, ask, changes);
    expect([answer.status, answer.body['detail']]).toEqual([status, expect.any(String)]);
    expect(await known()).toEqual([]);
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  });

  it('is given where the terms allow none', async () => {
    const row = await askFor(2, { quorum: 2 });
    expect((await approve(bob, propose(), row)).status).toBe(403);
  });

  it('is given by the requester', async () => {
    const ann = await world.key('ann');
    expect((await approve(ann, propose())).status).toBe(403);
    expect(await known()).toEqual([]);
  });

  it.each(['after-denial', 'new-epoch', 'organisation/guard-asks'])('is given where rule %s asks', async (id) => {
    const row = await askFor(2, { grants: cap }, { rules: [...rules, { id, effect: 'ask', reason: 'x' }] });
    expect((await approve(bob, propose(), row)).status).toBe(403);
  });
});

describe('revoking', () => {
  async function proposed(): Promise<string> {
    await approve(bob, propose());
    const [found] = await known();
    return found?.grant.grantId ?? '';
  }

  it('ends a grant, says by whom, and changes nothing the second time', async () => {
    const id = await proposed();
    const revoke = async (reason: string) =>
      await world.call('POST', `/v1/grants/${id}/revocations`, { key: carol, body: { reason } });
    expect(await revoke('over')).toMatchObject({
      status: 200,
      body: { state: 'revoked', revoked: { by: 'carol', reason: 'over' } },
    });
    expect(await revoke('again')).toMatchObject({ body: { revoked: { reason: 'over' } } });
    expect(await world.store.listControl(['grant-revocation'])).toHaveLength(1);
    const seen = await world.call('GET', `/v1/approvals/${ask.nonce}`, { key: carol });
    expect(seen.body['grants']).toEqual([]);
  });

  it('needs the right to vote, and a grant that is there', async () => {
    const id = await proposed();
    const reader = await world.key('reader', { scopes: ['approvals:read'] });
    expect((await world.call('POST', `/v1/grants/${id}/revocations`, { key: reader, body: {} })).status).toBe(403);
    expect((await world.call('POST', '/v1/grants/aaaaaaaaaaaa/revocations', { key: carol, body: {} })).status).toBe(
      404,
    );
    expect(await world.store.listControl(['grant-revocation'])).toEqual([]);
  });
});
