/** An ask or a ticket from the store is opened only as a whole: one field of its row changed, and it is as good as none. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAsk, openTicket } from '../../../gateway/verified.ts';
import type { AskRow } from '../../../store/store.ts';
import { anyDigest, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { newKeys, startWorld, type World } from './gateway-world.ts';

let world: World;
let row: AskRow;
beforeEach(async () => {
  world = await startWorld();
  row = await world.ask(1);
});
afterEach(() => world.close());

describe('an ask', () => {
  it('as the gate stored it is opened', () => {
    expect(openAsk(world.options, row)?.body).toEqual(row.ask.body);
  });

  it.each<[string, () => Partial<AskRow>]>([
    ['another nonce', () => ({ nonce: nonceOf(2) })],
    ['another run', () => ({ workflowId: workflowIdOf(2) })],
    ['another digest', () => ({ askDigest: anyDigest('another ask') })],
    ['another card', () => ({ card: row.card.replace('"test"', '"prod"') })],
    ['a card that is none', () => ({ card: 'restart nothing' })],
    ['another body under the same signature', () => ({ ask: { ...row.ask, body: { ...row.ask.body, risk: 'low' } } })],
    ['another time of issue', () => ({ ask: { ...row.ask, issuedAt: row.ask.issuedAt + 1 } })],
  ])('with %s is not', (_what, change) => {
    const changed = { ...row, ...change() };
    expect(changed).not.toEqual(row);
    expect(openAsk(world.options, changed)).toBeUndefined();
    // Nor after the true one was opened, which is remembered.
    expect(openAsk(world.options, row)).toBeDefined();
    expect(openAsk(world.options, changed)).toBeUndefined();
  });

  it('opened before is not opened any more by another deployment, or for keys that do not know it', async () => {
    expect(openAsk(world.options, row)).toBeDefined();
    expect(openAsk({ ...world.options, audience: 'countersign:staging' }, row)).toBeUndefined();
    expect(openAsk({ ...world.options, keys: await newKeys(world.folder) }, row)).toBeUndefined();
  });

  it('for another deployment, or of keys that this one does not know, is not', async () => {
    expect(openAsk({ ...world.options, audience: 'countersign:staging' }, row)).toBeUndefined();
    expect(openAsk({ ...world.options, keys: await newKeys(world.folder) }, row)).toBeUndefined();
  });
});

describe('a ticket', () => {
  it('is opened for the run that it names, and for no other', async () => {
    const run = await world.store.getRun(workflowIdOf(1));
    expect(openTicket(world.options, run?.ticket, workflowIdOf(1))?.principal).toBe('ann');
    expect(openTicket(world.options, run?.ticket, workflowIdOf(2))).toBeUndefined();
    expect(openTicket(world.options, undefined, workflowIdOf(1))).toBeUndefined();
  });
});
