/** What the gate puts on a card: the whole arguments can be opened later, and the tool's author says what it hits (P2). */
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { cardSchema } from '../../../core/contracts/approval.ts';
import { layOutCard } from '../../../core/card/lay-out-card.ts';
import { digestText } from '../../../core/digest.ts';
import { createGateWorld } from './check-call-world.ts';

async function cardFor(argumentsText: string, tool = 'send') {
  const world = await createGateWorld();
  const { body } = await world.ask({ argumentsText, tool });
  if (body.verdict !== 'ask') throw new TypeError('not an ask');
  const row = await world.store.getAsk(body.ask.nonce);
  return { world, card: cardSchema.parse(JSON.parse(row?.card ?? '')), body };
}

test('P2 arguments that a card cuts are stored whole, before anybody is asked', async () => {
  const text = canonicalJson({ name: 'long '.repeat(2000) });
  const { world, card, body } = await cardFor(text);
  expect(card).toMatchObject({
    argumentsCut: true,
    argumentsLength: text.length,
    argumentsDigest: body.argumentsDigest,
  });
  const whole = await world.store.getBody(card.argumentsBody ?? '');
  expect(whole).toBe(text);
  expect(digestText('arguments', whole ?? '')).toBe(card.argumentsDigest);
});

test('short arguments are on the card alone', async () => {
  const { card } = await cardFor('{"name":"all"}');
  expect(card.argumentsBody).toBeUndefined();
  expect(card.opaque).toBeUndefined();
});

test('what no reader can judge is named on the signed card', async () => {
  const blob = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7919) % 256)).toString('base64');
  const { card } = await cardFor(JSON.stringify({ name: blob }));
  expect(card.opaque).toMatchObject([{ path: '/name', why: 'base64', length: blob.length }]);
});

test('what the tool can hit and how it is undone are its author’s words', async () => {
  expect((await cardFor('{"name":"all"}', 'wipe')).card).toMatchObject({
    blastRadius: 'everything in one folder',
    undo: 'restore the backup',
  });
  expect((await cardFor('{"name":"all"}')).card.undo).toBeUndefined();
});

test('what makes the risk what it is stands on the signed card', async () => {
  const { card } = await cardFor('{"name":"all"}', 'wipe');
  expect(card).toMatchObject({ risk: 'high', riskFrom: [{ from: 'name', what: 'wipe' }] });
});

test('everybody behind the run is on the card, such as the owner of a service account', async () => {
  const world = await createGateWorld({
    ticket: { principal: 'robot', onBehalfOf: 'bea', owners: ['bea', 'rita', 'root'] },
  });
  const { body } = await world.ask();
  const row = body.verdict === 'ask' ? await world.store.getAsk(body.ask.nonce) : null;
  const card = cardSchema.parse(JSON.parse(row?.card ?? ''));
  expect(card).toMatchObject({ requester: 'robot', onBehalfOf: 'bea', owners: ['rita', 'root'] });
  expect(layOutCard(card).find(({ label }) => label === 'behind it')?.text).toBe('also rita, root');
});
