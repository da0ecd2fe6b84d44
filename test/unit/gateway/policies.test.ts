/** Publication of policies through the API: versions by digest, signed activation, two people where a policy may get looser. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activatePack } from '../../../gateway/index.ts';
import { readControl } from '../../../store/read-control.ts';
import { audience, packToActivate, startWorld, type World } from './gateway-world.ts';

let world: World;
let ann: string;
beforeEach(async () => {
  world = await startWorld();
  ann = await world.key('ann');
});
afterEach(() => world.close());

const rule = (effect: string, id = 'all') => `  - { id: ${id}, reason: r, effect: ${effect}, tools: ["*"] }\n`;
const terms = 'approvals: { default: { approvers: { principals: [bob] }, deadline: 10m } }\n';
const policy = (...rules: string[]) => `version: 1\n${terms}rules:\n${rules.join('')}`;
const twoPeople = `${policy(rule('allow'))}layers: { loosening: two-people, teams: { sre: { agents: [ops] } } }\n`;

async function publish(text: string): Promise<string> {
  const answer = await world.call('POST', '/v1/policies', { key: ann, body: { text } });
  expect(answer.status).toBe(201);
  return String(answer.body['policyDigest']);
}
async function activate(key: string, layer: string, name: string, policyDigest: string | null, mode = 'enforce') {
  return await world.call('POST', '/v1/policies/activations', { key, body: { layer, name, policyDigest, mode } });
}
/** Without what the world itself has activated. */
async function status() {
  const { body } = await world.call('GET', '/v1/policies', { key: ann });
  const active = (body['active'] as { layer: string; policyDigest: string }[]).filter(({ layer }) => layer !== 'pack');
  return { active, proposals: body['proposals'] };
}

describe('a policy', () => {
  it('that is published is in force nowhere; activation is a signed record of who ordered it', async () => {
    const digest = await publish(policy(rule('allow')));
    expect(await status()).toEqual({ active: [], proposals: [] });
    expect(await activate(ann, 'organisation', 'organisation', digest)).toMatchObject({
      status: 200,
      body: { status: 'activated', before: null },
    });
    const reader = { store: world.store, registry: world.keys.registry, audience };
    expect(await readControl(reader, ['policy-layer'])).toMatchObject([
      { layer: 'organisation', mode: 'enforce', policyDigest: digest, by: 'ann', proposedBy: null },
    ]);
    expect((await activate(ann, 'organisation', 'organisation', digest)).body['status']).toBe('unchanged');
  });

  it('that does not load, is not published, or has parts of another layer is refused', async () => {
    const broken = { key: ann, body: { text: 'version: 1\nlimts: {}\nrules: []' } };
    expect(await world.call('POST', '/v1/policies', broken)).toMatchObject({
      status: 422,
      body: { code: 'policy-invalid', detail: expect.stringContaining('did you mean "limits"?') },
    });
    expect((await activate(ann, 'team', 'sre', `sha256:${'0'.repeat(64)}`)).body['code']).toBe('not-found');
    expect((await activate(ann, 'team', 'sre', await publish(twoPeople))).body['code']).toBe('policy-invalid');
    expect((await activate(ann, 'organisation', 'other', await publish(twoPeople))).body['code']).toBe('input-invalid');
    expect(await status()).toEqual({ active: [], proposals: [] });
  });

  it('needs a key that may write control records', async () => {
    const reader = await world.key('eve', { scopes: ['runs:read'] });
    const body = { text: policy(rule('allow')) };
    expect((await world.call('POST', '/v1/policies', { key: reader, body })).status).toBe(403);
    expect((await activate(reader, 'organisation', 'organisation', null)).status).toBe(403);
  });

  it('goes back to the version before, and forward again', async () => {
    const [first, second] = [await publish(policy(rule('allow'))), await publish(policy(rule('ask')))];
    await activate(ann, 'team', 'sre', first);
    await activate(ann, 'team', 'sre', second);
    const back = { key: ann, body: { layer: 'team', name: 'sre' } };
    expect((await world.call('POST', '/v1/policies/rollbacks', back)).body['policyDigest']).toBe(first);
    expect((await world.call('POST', '/v1/policies/rollbacks', back)).body['policyDigest']).toBe(second);
    const none = { key: ann, body: { layer: 'team', name: 'other' } };
    expect((await world.call('POST', '/v1/policies/rollbacks', none)).body['code']).toBe('not-found');
  });
});

describe('where the organisation wants two people', () => {
  let strict: string;
  let loose: string;
  beforeEach(async () => {
    [strict, loose] = [await publish(policy(rule('allow'), rule('deny', 'no'))), await publish(policy(rule('allow')))];
    await activate(ann, 'organisation', 'organisation', await publish(twoPeople));
    await activate(ann, 'team', 'sre', strict);
  });
  const active = async () => (await status()).active.find(({ layer }) => layer === 'team')?.policyDigest;

  it('one alone proposes what may be looser, also twice; another person puts it in force', async () => {
    expect((await activate(ann, 'team', 'sre', loose)).body).toMatchObject({
      status: 'proposed',
      differences: [{ direction: 'looser', path: 'rules.no' }],
    });
    expect((await activate(ann, 'team', 'sre', loose)).body['status']).toBe('proposed');
    expect(await active()).toBe(strict);
    const bob = await world.key('bob');
    expect((await activate(bob, 'team', 'sre', loose)).body['status']).toBe('activated');
    expect(await active()).toBe(loose);
    expect((await status())['proposals']).toEqual([]);
  });

  it('a key that the proposer made for another name, and a service account, are no second person', async () => {
    await activate(ann, 'team', 'sre', loose);
    const puppet = await world.key('puppet', { mintedBy: 'ann' });
    expect((await activate(puppet, 'team', 'sre', loose)).body['status']).toBe('proposed');
    const robot = await world.key('robot', { person: false });
    expect((await activate(robot, 'team', 'sre', loose)).body['code']).toBe('forbidden');
    expect(await active()).toBe(strict);
  });

  it('whoever made the proposer’s key is no second person either, also when that key is revoked', async () => {
    const puppet = await world.key('puppet', { mintedBy: 'ann' });
    expect((await activate(puppet, 'team', 'sre', loose)).body['status']).toBe('proposed');
    expect((await activate(ann, 'team', 'sre', loose)).body['status']).toBe('proposed');
    const keyId = puppet.split('_')[1] ?? '';
    expect((await world.call('DELETE', `/v1/keys/${keyId}`, { key: ann })).status).toBeLessThan(300);
    expect((await activate(ann, 'team', 'sre', loose)).body['status']).toBe('proposed');
    expect(await active()).toBe(strict);
    expect((await activate(await world.key('bob'), 'team', 'sre', loose)).body['status']).toBe('activated');
  });

  it('two keys that a third person made are one person, also over makers of makers', async () => {
    const ofRoot = async (principal: string, mintedBy = 'root') => await world.key(principal, { mintedBy });
    const [first, second] = [await ofRoot('anna'), await ofRoot('bert')];
    expect((await activate(first, 'team', 'sre', loose)).body).toMatchObject({ status: 'proposed', samePeople: [] });
    const again = await activate(second, 'team', 'sre', loose);
    expect(again.body).toMatchObject({ status: 'proposed', samePeople: ['root'] });
    // anna makes a key for carl, bert one for dora: all four are root's.
    const [third, fourth] = [await ofRoot('carl', 'anna'), await ofRoot('dora', 'bert')];
    for (const key of [third, fourth])
      expect((await activate(key, 'team', 'sre', loose)).body['status']).toBe('proposed');
    expect(await active()).toBe(strict);
    expect((await activate(await world.key('bob'), 'team', 'sre', loose)).body['status']).toBe('activated');
  });

  it('a key that somebody makes for their own name stays who made the first one', async () => {
    await world.key('puppet', { mintedBy: 'ann' });
    const own = await world.key('puppet', { mintedBy: 'puppet' });
    await activate(ann, 'team', 'sre', loose);
    expect((await activate(own, 'team', 'sre', loose)).body).toMatchObject({
      status: 'proposed',
      samePeople: ['ann'],
    });
  });

  it('keys that are made later, or for others, taint nobody', async () => {
    const bob = await world.key('bob');
    await activate(ann, 'team', 'sre', loose);
    await world.key('bob', { mintedBy: 'ann' });
    await world.key('ann', { mintedBy: 'bob' });
    expect((await activate(bob, 'team', 'sre', loose)).body['status']).toBe('activated');
  });

  it('keys made through the API are followed as well', async () => {
    const make = async (key: string, principal: string) => {
      const body = { principal, roles: [], person: true, scopes: ['control:write'], expiresInMs: 60_000 };
      return String((await world.call('POST', '/v1/keys', { key, body })).body['apiKey']);
    };
    const first = await make(ann, 'anna');
    const second = await make(await make(ann, 'bert'), 'bert');
    await activate(first, 'team', 'sre', loose);
    expect((await activate(second, 'team', 'sre', loose)).body).toMatchObject({
      status: 'proposed',
      samePeople: ['ann'],
    });
  });

  it('a proposal counts no more when a key that may have made it is revoked', async () => {
    const stolen = await world.key('carl');
    await activate(stolen, 'team', 'sre', loose);
    await world.call('DELETE', `/v1/keys/${stolen.split('_')[1] ?? ''}`, { key: ann });
    expect((await status())['proposals']).toEqual([]);
    expect((await activate(ann, 'team', 'sre', loose)).body['status']).toBe('proposed');
    expect(await active()).toBe(strict);
  });

  it('an order that another one overtook is weighed anew: what was tighter before may be looser now', async () => {
    const stricter = await publish(policy(rule('allow'), rule('deny', 'no'), rule('deny', 'more')));
    const between = await publish(policy(rule('allow'), rule('deny', 'no'), rule('ask', 'asks')));
    const { store } = world;
    const append = store.appendControl.bind(store);
    const bob = await world.key('bob');
    store.appendControl = async (seal) => {
      store.appendControl = append;
      expect((await activate(bob, 'team', 'sre', stricter)).body['status']).toBe('activated');
      return await append(seal);
    };
    expect((await activate(ann, 'team', 'sre', between)).body).toMatchObject({ status: 'proposed', before: stricter });
    expect(await active()).toBe(stricter);
  });

  it('orders that are overtaken again and again are a conflict, and nothing is recorded', async () => {
    const { store } = world;
    const append = store.appendControl.bind(store);
    const overtaken: typeof append = async (seal) => {
      store.appendControl = append;
      await world.key('somebody');
      store.appendControl = overtaken;
      return await append(seal);
    };
    store.appendControl = overtaken;
    const answer = await activate(ann, 'team', 'sre', null);
    store.appendControl = append;
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await status())['proposals']).toEqual([]);
  });

  it('rolling back to a looser version, or in two steps, needs two as well', async () => {
    const back = { layer: 'team', name: 'sre' };
    const stricter = await publish(policy(rule('allow'), rule('deny', 'no'), rule('deny', 'more')));
    await activate(ann, 'team', 'sre', stricter);
    expect((await activate(ann, 'team', 'sre', null)).body['status']).toBe('proposed');
    const rolled = await world.call('POST', '/v1/policies/rollbacks', { key: ann, body: back });
    expect(rolled.body['status']).toBe('proposed');
    expect(await active()).toBe(stricter);
    // The organisation's demand for two is itself held by two, also when it is taken away first.
    expect((await activate(ann, 'organisation', 'organisation', null)).body['status']).toBe('proposed');
    expect(await active()).toBe(stricter);
    const bob = await world.key('bob');
    expect((await world.call('POST', '/v1/policies/rollbacks', { key: bob, body: back })).body['status']).toBe(
      'activated',
    );
    expect(await active()).toBe(strict);
  });

  it('tightening, and what is in shadow, needs one; taking a layer away needs two', async () => {
    expect((await activate(ann, 'team', 'sre', loose, 'shadow')).body['status']).toBe('activated');
    const stricter = await publish(policy(rule('deny', 'no'), rule('deny', 'neither')));
    expect((await activate(ann, 'team', 'sre', stricter)).body['status']).toBe('activated');
    expect((await activate(ann, 'team', 'sre', null)).body['status']).toBe('proposed');
    expect((await activate(ann, 'organisation', 'organisation', loose)).body['status']).toBe('proposed');
  });

  it('an agent that starts with a looser policy of its pack keeps the one before', async () => {
    const by = 'ann';
    const pack = packToActivate({}, policy(rule('allow'), rule('deny', 'no')));
    // The world's own pack asks: this one allows, so it is proposed like any other.
    const order = { layer: 'pack', name: 'ops', mode: 'enforce', policyDigest: pack.policyDigest };
    await world.store.putBody(pack.policyText);
    await world.call('POST', '/v1/policies/activations', { key: ann, body: order });
    const bob = await world.key('bob');
    await world.call('POST', '/v1/policies/activations', { key: bob, body: order });
    expect((await activatePack(world.options, pack, by)).heldBack).toBe(false);
    const looser = packToActivate({}, policy(rule('allow')));
    const held = await activatePack(world.options, looser, by);
    expect(held).toMatchObject({ activated: false, heldBack: true });
  });
});
