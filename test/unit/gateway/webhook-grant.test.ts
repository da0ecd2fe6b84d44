/** Granting by webhook: only by what a person signed with their own key, word for word, and never by whoever carries it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestText } from '../../../core/digest.ts';
import { readGrants } from '../../../store/read-grants.ts';
import type { AskRow } from '../../../store/store.ts';
import { type AskChanges, audience, type World } from './gateway-world.ts';
import {
  answerOf,
  deliver,
  delivery,
  enrolSigner,
  saidBy,
  type SigningParty,
  startAnswers,
  votesFor,
} from './webhook-sender.ts';

const hour = 3_600_000;
const text = canonicalJson({ service: 'web-1', force: false });
let world: World;
let admin: string;
let scanner: SigningParty;
let bob: SigningParty;
let ask: AskRow;
beforeEach(async () => {
  ({ world, admin, scanner, bob } = await startAnswers());
  ask = await askWith(2);
});
afterEach(() => world.close());

async function askWith(number: number, terms: AskChanges['terms'] = {}): Promise<AskRow> {
  const argumentsDigest = digestText('arguments', text);
  const grants = { ttlMs: hour, uses: 5, risk: 'high' as const, scope: 'run' as const };
  return await world.ask(number, {
    terms: { quorum: 2, grants, ...terms },
    card: { arguments: text, argumentsDigest },
    body: { argumentsDigest, labels: ['operator'], rules: [{ id: 'effects', effect: 'ask', reason: 'x' }] },
  });
}

const propose = (more: object = {}) => ({
  propose: { arguments: { service: { like: ['web-*'] } }, uses: 3, ttlMs: hour, ...more },
});

function answer(grant: object | undefined, row = ask, sender = scanner, more: object = {}) {
  return answerOf(world, sender, row, 'approve', { ...(grant ? { grant } : {}), ...more });
}

/** What the scanner delivers of what bob signed. */
function signedAnswer(grant: object, row = ask, more: object = {}) {
  const whole = answer(grant, row, scanner, more);
  return { ...whole, person: saidBy(bob, whole.data) };
}

const grants = async () =>
  (await readGrants({ store: world.store, registry: world.keys.registry, audience })).map(({ grant }) => grant);
const send = async (content: unknown, key?: string, sender = scanner) =>
  await deliver(world, delivery(world, sender, content), key);

it('is the person’s who signed the statement with the pattern in it', async () => {
  const sent = await send(signedAnswer(propose()));
  expect(sent).toMatchObject({ status: 200, body: { status: 'applied', grantId: expect.any(String) } });
  expect(await grants()).toMatchObject([{ proposedBy: 'bob', uses: 3, grantId: sent.body['grantId'] }]);
  expect(await votesFor(world, ask)).toMatchObject([{ principal: 'bob', channel: 'webhook' }]);
});

it('may be sent by the person themselves, and approves what somebody else proposed', async () => {
  await send(signedAnswer(propose()));
  const carol = await enrolSigner(world, admin, 'carol', { person: true });
  const [{ grantId } = { grantId: '' }] = await grants();
  const key = await world.key('dave');
  const { body } = await world.call('GET', `/v1/grants/${grantId}`, { key });
  world.clock.at += 1;
  expect((await send(answer({ sign: body['grantDigest'] }, ask, carol), undefined, carol)).status).toBe(200);
  expect((await world.call('GET', `/v1/grants/${grantId}`, { key })).body).toMatchObject({
    state: 'standing',
    approvals: ['bob', 'carol'],
  });
});

it.each<[string, number, () => Promise<[content: unknown, key?: string]>]>([
  ['a system alone', 403, () => Promise.resolve([answer(propose())])],
  ['a system that holds a person’s API key', 403, async () => [answer(propose()), await world.key('cat')]],
  [
    'a system that widens what the person signed',
    401,
    () => {
      const { data } = answer(propose());
      return Promise.resolve([{ ...answer(propose({ uses: 5 })), person: saidBy(bob, data) }]);
    },
  ],
  [
    'a system that adds one to an approval',
    401,
    () => Promise.resolve([{ ...answer(propose()), person: saidBy(bob, answer(undefined).data) }]),
  ],
  [
    'a person, with a denial',
    400,
    () => {
      const denial = answerOf(world, scanner, ask, 'deny', { grant: propose() });
      return Promise.resolve([{ ...denial, person: saidBy(bob, denial.data) }]);
    },
  ],
  [
    'a person, for longer than the terms allow',
    403,
    () => Promise.resolve([signedAnswer(propose({ ttlMs: hour + 1 }))]),
  ],
  ['a person, for more uses', 403, () => Promise.resolve([signedAnswer(propose({ uses: 6 }))])],
  [
    'a person who was shown something else',
    409,
    () => Promise.resolve([signedAnswer({ ...propose(), shown: digestText('grant-coverage', 'x') })]),
  ],
])('is not taken of %s', async (_, status, content) => {
  const sent = await send(...(await content()));
  expect([sent.status, sent.body['detail']]).toEqual([status, expect.any(String)]);
  expect(await grants()).toEqual([]);
  expect(await votesFor(world, ask)).toEqual([]);
});

it('is held to the risk of what it covers: channel and fresh confirmation', async () => {
  const kept = await askWith(3, { channels: { webhook: 'medium' } });
  expect((await send(signedAnswer(propose({ risk: 'high' }), kept))).status).toBe(403);
  const confirmed = await askWith(4, { stepUpFrom: 'high' });
  expect((await send(signedAnswer(propose({ risk: 'high' }), confirmed))).status).toBe(422);
  expect(await grants()).toEqual([]);
  const typed = signedAnswer(propose({ risk: 'high' }), confirmed, { confirmation: 'restart_service' });
  expect((await send(typed)).status).toBe(200);
});

it('delivered again in the same bytes does nothing, and signed anew is answered as the first', async () => {
  const content = signedAnswer(propose());
  const first = delivery(world, scanner, content, { id: 'msg_once' });
  expect((await deliver(world, first)).status).toBe(200);
  expect((await deliver(world, first)).status).toBe(409);
  world.clock.at += 1000;
  const again = await deliver(world, delivery(world, scanner, content, { id: 'msg_once' }));
  expect(again).toMatchObject({ status: 200, body: { repeated: true } });
  expect(await grants()).toHaveLength(1);
});
