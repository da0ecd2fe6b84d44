/** API keys through the API, the fleet's freeze and thaw, and the activation of packs. */
import type { ApprovalView } from '../../../client/gateway-schemas.ts';
import { makeKey } from '../../../gateway/make-key.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activatePack } from '../../../gateway/index.ts';
import { readFreeze } from '../../../store/read-control.ts';
import { linkOf, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { audience, canary, packToActivate, startWorld, type World } from './gateway-world.ts';

let world: World;
let admin: string;
beforeEach(async () => {
  world = await startWorld();
  admin = await world.key('ann');
});
afterEach(() => world.close());

const order = { principal: 'bob', roles: ['operator'], person: true, scopes: ['runs:read'], expiresInMs: 60_000 };

describe('keys', () => {
  it('are said to have roles that no policy in force declares, and stand all the same', async () => {
    const mint = async (roles: string[]) =>
      await world.call('POST', '/v1/keys', { key: admin, body: { ...order, roles } });
    const made = await mint(['operator', 'nosuchrole']);
    expect(made).toMatchObject({
      status: 201,
      body: { roles: ['operator', 'nosuchrole'], undeclaredRoles: ['nosuchrole'] },
    });
    expect((await mint(['operator'])).body).not.toHaveProperty('undeclaredRoles');
    expect((await mint([])).body).not.toHaveProperty('undeclaredRoles');
  });

  it('that are minted work at once, until they expire or are revoked', async () => {
    const minted = await world.call('POST', '/v1/keys', { key: admin, body: order });
    expect(minted).toMatchObject({
      status: 201,
      body: { principal: 'bob', mintedBy: 'ann', expiresAt: world.clock.at + 60_000 },
      headers: { 'cache-control': 'no-store' },
    });
    const key = String(minted.body['apiKey']);
    expect(key).toMatch(/^cs_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    expect((await world.call('GET', '/v1/runs', { key })).status).toBe(200);
    const url = `/v1/keys/${String(minted.body['keyId'])}`;
    expect((await world.call('DELETE', url, { key: admin })).status).toBe(204);
    expect((await world.call('GET', '/v1/runs', { key })).status).toBe(401);
    expect((await world.call('DELETE', url, { key: admin })).status).toBe(404);
  });

  it('are kept as hashes only, and never logged', async () => {
    const minted = await world.call('POST', '/v1/keys', { key: admin, body: order });
    const secret = String(minted.body['apiKey']).slice(16);
    expect(JSON.stringify(await world.store.listControl(['api-key']))).not.toContain(secret);
    expect(world.log.join('')).not.toContain(secret);
    const list = await world.call('GET', '/v1/keys', { key: admin });
    expect(list.body['keys']).toHaveLength(2);
    expect(list.text).not.toMatch(/secret|[0-9a-f]{64}/i);
  });

  it('that a person made for themselves are enrolled by their hash, and work', async () => {
    const own = makeKey();
    const { keyId, secretHash } = own;
    const body = { ...order, own: { keyId, secretHash } };
    const enrolled = await world.call('POST', '/v1/keys', { key: admin, body });
    expect(enrolled).toMatchObject({ status: 201, body: { keyId, apiKey: null, madeByBearer: true, mintedBy: 'ann' } });
    expect((await world.call('GET', '/v1/runs', { key: own.apiKey })).status).toBe(200);
  });

  it('never take the place of a key that is there, nor of one that was revoked', async () => {
    const own = makeKey();
    const take = async (keyId: string) =>
      await world.call('POST', '/v1/keys', {
        key: admin,
        body: { ...order, own: { keyId, secretHash: own.secretHash } },
      });
    const minted = await world.call('POST', '/v1/keys', { key: admin, body: order });
    const keyId = String(minted.body['keyId']);
    expect(await take(keyId)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await world.call('DELETE', `/v1/keys/${keyId}`, { key: admin });
    expect((await take(keyId)).status).toBe(409);
  });

  it('that were made with a key go with it where the revocation says so, through every maker', async () => {
    const make = async (key: string) =>
      await world.call('POST', '/v1/keys', { key, body: { ...order, scopes: ['control:write', 'runs:read'] } });
    const first = await make(admin);
    const second = await make(String(first.body['apiKey']));
    const third = await make(String(second.body['apiKey']));
    const statuses = async () =>
      await Promise.all(
        [first, second, third].map(async ({ body }) => {
          const answer = await world.call('GET', '/v1/runs', { key: String(body['apiKey']) });
          return answer.status;
        }),
      );
    await world.call('DELETE', `/v1/keys/${String(second.body['keyId'])}`, { key: admin });
    expect(await statuses()).toEqual([200, 401, 200]);
    await world.call('DELETE', `/v1/keys/${String(first.body['keyId'])}?withMade=true`, { key: admin });
    expect(await statuses()).toEqual([401, 401, 401]);
  });

  it('get no scope that their maker lacks', async () => {
    const key = await world.key('cat', { scopes: ['control:write'] });
    expect(await world.call('POST', '/v1/keys', { key, body: order })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    const own = { ...order, scopes: ['control:write'] };
    expect((await world.call('POST', '/v1/keys', { key, body: own })).status).toBe(201);
  });

  it('live no longer than the key that made them: a short key would be as good as a long one', async () => {
    const key = await world.key('cat', { expiresAt: world.clock.at + 60_000 });
    const longer = { ...order, expiresInMs: 60_001 };
    const { body } = await world.call('POST', '/v1/keys', { key, body: longer });
    expect(body['detail']).toContain('make it end sooner ("expiresInMs", or --days of "countersign keys")');
    expect(await world.call('POST', '/v1/keys', { key, body: longer })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await world.call('POST', '/v1/keys', { key, body: order })).status).toBe(201);
  });

  it("of a service account make no person's key, which could vote", async () => {
    const key = await world.key('robot', { person: false });
    expect(await world.call('POST', '/v1/keys', { key, body: order })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await world.call('POST', '/v1/keys', { key, body: { ...order, person: false } })).status).toBe(201);
  });

  it.each([
    ['no scope', { scopes: [] }],
    ['another scope', { scopes: ['everything'] }],
    ['a malformed principal', { principal: 'a b' }],
    ['a malformed role', { roles: ['Operator'] }],
    ['no end', { expiresInMs: undefined }],
    ['an end beyond a year', { expiresInMs: 367 * 86_400_000 }],
    ['a maker of its own', { mintedBy: 'bob' }],
    ['no word on whether it is a person', { person: undefined }],
  ])('with %s are refused', async (_what, changes) => {
    expect((await world.call('POST', '/v1/keys', { key: admin, body: { ...order, ...changes } })).status).toBe(400);
  });

  it('whose principal is a secret are refused: it would be in each ticket and vote', async () => {
    const wrong = { ...order, principal: canary };
    const answer = await world.call('POST', '/v1/keys', { key: admin, body: wrong });
    expect(answer).toMatchObject({ status: 422, body: { code: 'input-refused' } });
    expect(answer.text).not.toContain(canary);
    expect(await world.store.listControl(['api-key'])).toHaveLength(1);
  });

  it('that somebody names in another form are refused', async () => {
    expect((await world.call('DELETE', '/v1/keys/ABC', { key: admin })).status).toBe(400);
    expect((await world.call('DELETE', `/v1/keys/${'a'.repeat(12)}`, { key: admin })).status).toBe(404);
  });
});

describe('the fleet', () => {
  const body = { reason: 'incident 7' };
  const freeze = () => readFreeze({ store: world.store, registry: world.keys.registry, audience });

  it('is frozen and thawed by signed orders, and open runs are told', async () => {
    await world.openRun(1);
    await world.openRun(2);
    const ended = { workflowId: workflowIdOf(2), linkRunId: linkOf(2), outcome: 'completed' };
    await world.store.closeRun({ ...ended, now: world.clock.at });
    const frozen = await world.call('POST', '/v1/fleet/freeze', { key: admin, body });
    expect(frozen).toMatchObject({ status: 200, body: { frozen: true, signalled: 1 } });
    expect(await freeze()).toEqual({ frozen: true, epoch: frozen.body['epoch'] });
    const payload = { about: 'freeze' };
    expect(world.door.signals).toEqual([{ workflowId: workflowIdOf(1), name: 'control', payload }]);
    const thawed = await world.call('POST', '/v1/fleet/thaw', { key: admin, body });
    expect(thawed.body).toMatchObject({ frozen: false });
    expect(Number(thawed.body['epoch'])).toBeGreaterThan(Number(frozen.body['epoch']));
  });

  it('says on each card while it is frozen that nothing starts by an answer', async () => {
    await world.ask(1);
    const bob = await world.key('bob');
    const cards = async () => {
      const { approvals } = (await world.call('GET', '/v1/approvals', { key: bob })).body as {
        approvals: ApprovalView[];
      };
      const one = await world.call('GET', `/v1/approvals/${nonceOf(1)}`, { key: bob });
      return [...approvals, one.body as unknown as ApprovalView].map(({ text, lines }) => [
        text.includes('the fleet is frozen: an answer counts, and nothing starts before a thaw'),
        lines.some(({ kind, label }) => kind === 'warning' && label === 'FROZEN'),
      ]);
    };
    const yes = [true, true];
    const no = [false, false];
    expect(await cards()).toEqual([no, no]);
    await world.call('POST', '/v1/fleet/freeze', { key: admin, body });
    expect(await cards()).toEqual([yes, yes]);
    await world.call('POST', '/v1/fleet/thaw', { key: admin, body });
    expect(await cards()).toEqual([no, no]);
  });

  it('is frozen although the server is away', async () => {
    await world.openRun(1);
    world.door.down = true;
    const answer = await world.call('POST', '/v1/fleet/freeze', { key: admin, body });
    expect(answer).toMatchObject({ status: 200, body: { frozen: true, signalled: 0 } });
    expect((await freeze()).frozen).toBe(true);
  });

  it.each([
    ['no reason', {}, 400],
    ['an unknown key', { reason: 'x', runs: [] }, 400],
    ['a secret in the reason', { reason: canary }, 422],
  ])('is not frozen with %s', async (_what, wrong, status) => {
    expect((await world.call('POST', '/v1/fleet/freeze', { key: admin, body: wrong })).status).toBe(status);
    expect((await freeze()).frozen).toBe(false);
  });
});

describe('activating a pack', () => {
  it('signs one activation, however often the same pack is activated', async () => {
    const pack = packToActivate({ name: 'other' });
    const digests = { packDigest: pack.packDigest, policyDigest: pack.policyDigest };
    expect(await activatePack(world.options, pack, 'ann')).toEqual({
      agent: 'other',
      ...digests,
      activated: true,
      heldBack: false,
      mayBeLooser: false,
      before: null,
    });
    expect(await activatePack(world.options, pack, 'ann')).toMatchObject({ activated: false, before: digests });
    const newer = packToActivate({ name: 'other', instructions: 'Do less.' });
    expect(await activatePack(world.options, newer, 'ann')).toMatchObject({ activated: true, before: digests });
    expect(await world.store.getBody(newer.packDigest)).toContain('Do less.');
    expect(await world.store.getBody(newer.policyDigest)).toBe(newer.policyText);
  });

  it('says where its policy may be looser than the one that was in force, whoever had activated that', async () => {
    const rule = (effect: string) => `rules: [{ id: all, effect: ${effect}, tools: ["*"], reason: r }]\n`;
    const head = 'version: 1\napprovals: { default: { approvers: { principals: [bob] }, deadline: 10m } }\n';
    const [strict, loose] = [`${head}${rule('deny')}`, `${head}${rule('allow')}`].map((text) =>
      packToActivate({ name: 'other' }, text),
    );
    if (!strict || !loose) throw new TypeError('no packs');
    await activatePack(world.options, loose, 'ann');
    expect(await activatePack(world.options, strict, 'ann')).toMatchObject({ activated: true, mayBeLooser: false });
    expect(await activatePack(world.options, loose, 'ann')).toMatchObject({ activated: true, mayBeLooser: true });
    expect(await activatePack(world.options, loose, 'ann')).toMatchObject({ activated: false, mayBeLooser: false });
  });

  it.each([
    ['the pack', { packDigest: `sha256:${'0'.repeat(64)}` }],
    ['the policy', { policyText: 'version: 1\nrules: []\n' }],
  ])('with a digest that is not of %s is refused', async (_what, changes) => {
    const pack = { ...packToActivate({ name: 'other' }), ...changes };
    await expect(activatePack(world.options, pack, 'ann')).rejects.toMatchObject({ code: 'pack-invalid' });
    const body = { agent: 'other', input: 'x' };
    expect((await world.call('POST', '/v1/runs', { key: admin, body })).status).toBe(404);
  });
});
