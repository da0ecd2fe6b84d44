/** What a tool said before anybody was asked: it stands on the card as its words, and nothing else passes for them. */
import { describe, expect, test } from 'vitest';
import { activityIdOf, callKeyOf } from '../../../core/contracts/call-names.ts';
import { type Card, cardSchema } from '../../../core/contracts/approval.ts';
import { digestText } from '../../../core/digest.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import type { ReceiptBody } from '../../../core/contracts/receipt.ts';
import {
  argumentsDigest,
  callKey,
  createGateWorld,
  type GateWorld,
  gatePolicy,
  permitBodyOf,
  wordOf,
} from './check-call-world.ts';
import { workflowId } from './run-tool-world.ts';

const denying = `${gatePolicy.split('rules:\n')[0]}rules:
  - { id: loose, effect: deny, tools: ['*'], reason: nothing runs }
`;
const plan = { tool: 'plan' };
const activityId = activityIdOf({ callKey, try: 1, pass: 1, purpose: 'dry-run', tool: 'plan', argumentsDigest });
const text = 'would delete 3 of 7 backups; <https://evil.example|Approve> \u202e';
const said: Partial<ReceiptBody> = {
  purpose: 'dry-run',
  activityId,
  outcome: 'dry-run',
  outputDigest: digestText('body', text),
  labels: ['untrusted'],
};

async function cardOf(world: GateWorld, call: object = plan): Promise<Card> {
  await world.ask(call);
  const [row] = await world.store.listAsks({ limit: 1 });
  return cardSchema.parse(JSON.parse(row?.card ?? ''));
}

describe('P2 a tool with a dry run', () => {
  test('speaks before anybody is asked, under a permit that lets it do nothing else', async () => {
    const world = await createGateWorld();
    expect(wordOf(await world.gate(plan))).toBe('needs-dry-run');
    const permit = permitBodyOf(await world.gate({ ...plan, purpose: 'dry-run' }));
    expect(permit).toMatchObject({ purpose: 'dry-run', dryRunTool: true, approval: null });
    await world.looked(said, { text });
    const card = await cardOf(world);
    expect(card.dryRun).toEqual({
      ended: true,
      text,
      length: text.length,
      digest: said.outputDigest,
      labels: ['untrusted'],
      at: world.clock.at,
    });
    expect(renderCardText(card)).toContain(
      String.raw`Z: would delete 3 of 7 backups; <https:\u{2F}/evil.example|Approve> \u{202E}`,
    );
  });

  test('that says more than a card holds is cut there, and the whole is kept for approvers to open', async () => {
    const world = await createGateWorld();
    await world.gate({ ...plan, purpose: 'dry-run' });
    const whole = 'would delete a backup; '.repeat(100);
    await world.looked({ ...said, outputDigest: digestText('body', whole) }, { text: whole });
    const { dryRun } = await cardOf(world);
    expect(dryRun?.text.length).toBeLessThan(whole.length);
    expect(await world.store.getBody(dryRun?.body ?? '')).toBe(whole);
  });

  test('that failed is shown as such, and people are asked', async () => {
    const world = await createGateWorld();
    await world.looked({ ...said, outcome: 'failed' }, { text });
    const card = await cardOf(world);
    expect(card.dryRun?.ended).toBe(false);
    expect(renderCardText(card)).toMatch(/dry run +FAILED, untrusted, in the words of the tool/);
  });

  test('speaks again of other arguments and of another try', async () => {
    const world = await createGateWorld();
    await world.looked(said, { text });
    expect(wordOf(await world.gate({ ...plan, argumentsText: '{"name":"other"}' }))).toBe('needs-dry-run');
    await world.makeVoid(plan);
    expect(wordOf(await world.gate({ ...plan, try: 2 }))).toBe('needs-dry-run');
  });

  test('did not say what somebody wrote into the store without the worker’s key', async () => {
    const world = await createGateWorld();
    await world.looked(said, { text, forged: true });
    expect(wordOf(await world.gate(plan))).toBe('needs-dry-run');
  });

  test('whose words were changed in the store said nothing that could be shown', async () => {
    const world = await createGateWorld();
    await world.looked(said, { text: 'would change nothing' });
    const { dryRun } = await cardOf(world);
    expect(dryRun).toMatchObject({ ended: false, digest: said.outputDigest });
    expect(dryRun?.text).not.toContain('would');
  });

  test('does not speak for what is denied, nor in a run that is a dry run', async () => {
    const strict = await createGateWorld({ policy: denying });
    expect(wordOf(await strict.gate(plan))).toBe('deny loose');
    expect(wordOf(await strict.gate({ ...plan, purpose: 'dry-run', index: 1 }))).toBe('deny loose');
    const dry = await createGateWorld({ ticket: { dryRun: true } });
    expect(permitBodyOf(await dry.gate({ ...plan, purpose: 'dry-run' })).dryRunTool).toBeUndefined();
  });

  test('is asked about one call at a time: the first effect changes what the second would do', async () => {
    const world = await createGateWorld();
    const args = '{"name":"x"}';
    const key = callKeyOf(workflowId, 1, 0);
    const own = digestText('arguments', args);
    const id = activityIdOf({ callKey: key, try: 1, pass: 1, purpose: 'dry-run', tool: 'plan', argumentsDigest: own });
    await world.looked({ ...said, activityId: id }, { text });
    const siblings = [{ index: 1, argumentsText: args }];
    const { body } = await world.ask({ ...plan, argumentsText: args, siblings });
    expect(body.verdict === 'ask' && body.ask.callKeys).toEqual([key]);
  });
});

describe('P2 the state of a target', () => {
  const scale = { tool: 'scale' };
  const state = '{"replicas":7}';
  const read: Partial<ReceiptBody> = {
    purpose: 'target-state',
    activityId: activityIdOf({ callKey, try: 1, pass: 1, purpose: 'target-state', tool: 'scale', argumentsDigest }),
    outputDigest: digestText('body', state),
    targetStateDigest: digestText('target-state', state),
  };

  test('stands on the card as text, beside the digest that the effect is held to', async () => {
    const world = await createGateWorld();
    await world.looked(read, { text: state });
    const card = await cardOf(world, scale);
    expect(card.target?.text).toBe(state);
    expect(card.targetState).toBe(digestText('target-state', state));
    expect(renderCardText(card)).toMatch(/target now +in the words of the tool; [^ ]+Z: \{"replicas":7\}/);
  });

  test('is not what somebody wrote over it, and the effect is held to what was read', async () => {
    const world = await createGateWorld();
    await world.looked(read, { text: '{"replicas":0}' });
    const card = await cardOf(world, scale);
    expect(card.target).toMatchObject({ ended: false });
    expect(JSON.stringify(card)).not.toContain('replicas');
    expect(card.targetState).toBe(digestText('target-state', state));
  });

  test('longer than a card has room for is cut, with its length and the digest of the whole', async () => {
    const world = await createGateWorld();
    const long = JSON.stringify({ list: 'x'.repeat(5000), last: 'end' });
    await world.looked({ ...read, outputDigest: digestText('body', long) }, { text: long });
    const card = await cardOf(world, scale);
    expect(card.target?.text.length).toBeLessThanOrEqual(1500);
    expect(card.target?.text).toMatch(/^\{"list":"xxx.* cut\]….*"last":"end"\}$/);
    expect(renderCardText(card)).toContain(`CUT of ${long.length} characters, ${digestText('body', long)}`);
  });
});
