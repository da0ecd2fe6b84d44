/** Reading what redaction took out, through the API and as it is typed: with a right of its own, on record first, or not at all. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Redaction } from '../../../core/contracts/redaction.ts';
import { CountersignError } from '../../../core/errors.ts';
import { redactionKeyOf } from '../../../keys/index.ts';
import { readControl } from '../../../store/read-control.ts';
import { someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';
import { runCli } from '../cli/run-cli.ts';
import { allScopes, audience, canary, startWorld, type World } from './gateway-world.ts';

const redactionKey = redactionKeyOf(new Uint8Array(32).fill(7));
const otherKey = redactionKeyOf(new Uint8Array(32).fill(8));
const secret = ['what', 'was', 'taken', 'out'].join('-');
const workflowId = workflowIdOf(1);
const mark = 'github-token:3f2a';
const url = `/v1/runs/${workflowId}/redactions/${mark}/read`;
const body = { reason: 'to rotate it' };

let world: World;
let reader: string;
afterEach(() => world.close());

async function begin(options: Parameters<typeof startWorld>[0] = { gateway: { redactionKey } }): Promise<void> {
  world = await startWorld(options);
  reader = await world.key('ann', { scopes: ['runs:read', 'redactions:read'] });
}

function rowOf(key = redactionKey, text = secret): Redaction {
  return key.seal({ workflowId, mark, secret: text }, someTimeAt);
}

async function readsOf(): Promise<unknown[]> {
  return await readControl({ store: world.store, audience, registry: world.keys.registry }, ['redaction-read']);
}

function read(outcome: string, by = 'ann'): unknown {
  return expect.objectContaining({ workflowId, mark, outcome, by, reason: body.reason, readAt: world.clock.at });
}

describe('a read', () => {
  beforeEach(() => begin());

  it('is shown to a key with the scope, after it was recorded with reader and reason', async () => {
    await world.store.keepRedactions([rowOf()]);
    const answer = await world.call('POST', url, { key: reader, body });
    expect(answer).toMatchObject({ status: 200, body: { mark, secrets: [secret], underOtherKeys: 0 } });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await readsOf()).toEqual([read('shown')]);
    expect(JSON.stringify(await readsOf()) + world.log.join('')).not.toContain(secret);
  });

  it('that cannot be recorded shows nothing', async () => {
    await world.store.keepRedactions([rowOf()]);
    const refuse = () => Promise.reject(new CountersignError('store-unavailable', 'Cannot write'));
    world.store.appendControl = refuse;
    const answer = await world.call('POST', url, { key: reader, body });
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain(secret);
  });

  it('without the scope is refused, on record, whatever else the key may do', async () => {
    await world.store.keepRedactions([rowOf()]);
    const key = await world.key('eve', { scopes: allScopes.filter((one) => one !== 'redactions:read') });
    const answer = await world.call('POST', url, { key, body });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(answer.text).not.toContain(secret);
    expect(await readsOf()).toEqual([read('forbidden', 'eve')]);
    expect((await world.call('GET', `/v1/runs/${workflowId}/redactions`, { key })).status).toBe(403);
  });

  it.each([
    ['no reason', {}],
    ['an empty reason', { reason: '  ' }],
  ])('with %s is refused', async (_, given) => {
    await world.store.keepRedactions([rowOf()]);
    const answer = await world.call('POST', url, { key: reader, body: given });
    expect(answer).toMatchObject({ status: 400, body: { code: 'input-invalid' } });
    expect(answer.text).not.toContain(secret);
  });

  it('whose reason holds a secret is refused, and the record keeps none', async () => {
    const answer = await world.call('POST', url, { key: reader, body: { reason: `is it ${canary}` } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'input-refused' } });
    expect(await readsOf()).toEqual([]);
  });

  it.each([
    ['an unknown mark', [], 404, 'not-found', 'not-found', 'none is kept'],
    ['another key', [rowOf(otherKey)], 503, 'key-unavailable', 'other-key', 'under another key'],
    ['a tampered row', [{ ...rowOf(), keptAt: 1 }], 422, 'record-invalid', 'tampered', 'does not open'],
    [
      'one tampered row of two',
      [rowOf(), { ...rowOf(), entry: 'a'.repeat(64) }],
      422,
      'record-invalid',
      'tampered',
      '',
    ],
    ['a row of another run', [{ ...movedRow() }], 422, 'record-invalid', 'tampered', 'does not open'],
  ] as const)('of %s is refused, on record', async (_, rows, status, code, outcome, says) => {
    await world.store.keepRedactions(rows);
    const answer = await world.call('POST', url, { key: reader, body });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body['detail']).toContain(says);
    expect(answer.text).not.toContain(secret);
    expect(await readsOf()).toEqual([read(outcome)]);
  });

  it('of a mark that several secrets share shows them all, and counts those of another key', async () => {
    await world.store.keepRedactions([rowOf(), rowOf(redactionKey, 'second'), rowOf(otherKey)]);
    const { body: shown } = await world.call('POST', url, { key: reader, body });
    expect(shown).toMatchObject({ underOtherKeys: 1 });
    expect(new Set(shown['secrets'] as string[])).toEqual(new Set([secret, 'second']));
  });

  it('comes thirty times a minute at most: a stolen key empties no store at once', async () => {
    await world.store.keepRedactions([rowOf()]);
    for (let times = 0; times < 30; times += 1) {
      expect((await world.call('POST', url, { key: reader, body })).status).toBe(200);
    }
    const late = await world.call('POST', url, { key: reader, body });
    expect(late).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(late.text).not.toContain(secret);
    expect(await readsOf()).toHaveLength(30);
  });
});

it('a gateway without the key shows nothing, and says which setting is missing', async () => {
  await begin({});
  await world.store.keepRedactions([rowOf()]);
  const answer = await world.call('POST', url, { key: reader, body });
  expect(answer).toMatchObject({ status: 503, body: { code: 'key-unavailable' } });
  expect(answer.body['detail']).toContain('COUNTERSIGN_REDACTION_KEY_FILE');
  expect(await readsOf()).toEqual([read('no-key')]);
});

describe('as it is typed', () => {
  let environment: Record<string, string>;
  beforeEach(async () => {
    await begin();
    await world.store.keepRedactions([rowOf()]);
    environment = {
      COUNTERSIGN_URL: await world.app.listen({ port: 0, host: '127.0.0.1' }),
      COUNTERSIGN_API_KEY: reader,
    };
  });
  const cli = async (...argv: string[]) => await runCli(['redactions', ...argv], { environment });

  it('list names marks and reads without the secret; show prints it', async () => {
    for (const given of [mark, `[secret:${mark}]`]) {
      const shown = await cli('show', workflowId, given, '--reason', body.reason);
      expect(shown).toMatchObject({ exit: 0, stdout: `${secret}\n` });
    }
    const json = await cli('show', workflowId, mark, '--reason', body.reason, '--json');
    expect(JSON.parse(json.stdout)).toEqual({ workflowId, mark, secrets: [secret], underOtherKeys: 0 });
    const list = await cli('list', workflowId);
    expect(list).toMatchObject({ exit: 0, stderr: '' });
    expect(list.stdout).toContain(`[secret:${mark}]  kept `);
    expect(list.stdout.match(/ann read github-token:3f2a: shown \(to rotate it\)/gu)).toHaveLength(3);
    expect(list.stdout).not.toContain(secret);
    expect(JSON.parse((await cli('list', workflowId, '--json')).stdout)).toMatchObject({
      redactions: [{ mark, keyId: redactionKey.id, keptAt: someTimeAt }],
      keyId: redactionKey.id,
    });
  });

  it('what is no mark is said before anybody is asked, and not repeated: it may be the secret itself', async () => {
    const wrong = await cli('show', workflowId, secret, '--reason', body.reason);
    expect(wrong).toMatchObject({ exit: 2, stdout: '' });
    expect(wrong.stderr).toContain('expected one such as github-token:3f2a');
    expect(wrong.stderr).not.toContain(secret);
    expect((await cli('show', workflowId, mark)).exit).toBe(2);
    expect((await cli('show', workflowId, 'github-token:0000', '--reason', 'r')).exit).toBe(3);
  });
});

function movedRow(): Redaction {
  return { ...redactionKey.seal({ workflowId: workflowIdOf(2), mark, secret }, someTimeAt), workflowId };
}
