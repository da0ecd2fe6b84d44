/** Quotas of approval requests at the gate: runs the example of docs/approvals.md, and what a quota must leave alone (P1, P3). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { CheckCallInput } from '../../../core/contracts/activities.ts';
import { parseDuration } from '../../../policy/duration.ts';
import { createGateWorld, gatePolicy, type GateWorld, wordOf } from './check-call-world.ts';
import { start, workflowId } from './run-tool-world.ts';

const page = readFileSync(new URL('../../../docs/approvals.md', import.meta.url), 'utf8');
function block(kind: string): string {
  const found = new RegExp(`^\`\`\`yaml ${kind}\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/approvals.md has no block "${kind}"`);
  return found;
}
const requestSchema = z.strictObject({
  at: z.string(),
  call: z.string(),
  verdict: z.enum(['ask', 'deny']),
  rule: z.string().optional(),
  until: z.string().optional(),
});
const ms = (text: string): number => (text === '0m' ? 0 : (parseDuration(text) ?? Number.NaN));

/** A request for a call of its own. */
async function request(world: GateWorld, index: number, changed: Partial<CheckCallInput> = {}) {
  return await world.gate({ index, argumentsText: JSON.stringify({ name: `number ${index}` }), ...changed });
}

describe('quotas of approval requests', () => {
  test('deny and back off as docs/approvals.md says', async () => {
    const base = (await createGateWorld()).ticket.body.limits;
    const limits = { ...base, callsPerTurn: 50, callsPerRun: 50 };
    const world = await createGateWorld({ policy: block('quota-policy'), ticket: { limits } });
    await world.enrol('olga', { expiresAt: start + 86_400_000 });
    const requests = z
      .array(requestSchema)
      .min(5)
      .parse(parse(block('requests')));
    for (const [index, one] of requests.entries()) {
      world.clock.at = start + ms(one.at);
      const result = await request(world, index, { tool: one.call });
      const expected = one.verdict === 'ask' ? 'ask changes' : `deny ${one.rule}`;
      expect(`${one.at} ${wordOf(result)}`).toBe(`${one.at} ${expected}`);
      if (one.until === undefined || result.kind !== 'decided') continue;
      const until = new Date(start + ms(one.until)).toISOString();
      expect(result.decision.body.rules[0]?.reason).toContain(`nobody is asked before ${until}`);
    }
  });

  const onePending = `${gatePolicy}quotas: [{ per: run, pending: 1 }]\n`;

  test('are of requests alone: what is allowed runs, and a later pass of a request is none', async () => {
    const world = await createGateWorld({ policy: onePending });
    const ask = await world.ask();
    expect(wordOf(await world.gate({ index: 1, tool: 'restart' }))).toBe('allow free');
    expect(wordOf(await request(world, 2))).toBe('deny quota-run');
    expect(wordOf(await world.gate({ ask, pass: 2 }))).toBe('still-open');
    expect(wordOf(await world.gate({ ask, votes: [world.vote(ask)], pass: 2 }))).toMatch(/^allow/u);
  });

  test('leave no request behind that somebody could answer', async () => {
    const world = await createGateWorld({ policy: onePending });
    await world.ask();
    await request(world, 1);
    expect(await world.store.listAsks({ workflowId, limit: 10 })).toHaveLength(1);
  });

  test('count identical calls as the one request that they are', async () => {
    const world = await createGateWorld({ policy: onePending });
    const same = [1, 2].map((index) => ({ index, argumentsText: '{"name":"all"}' }));
    expect(wordOf(await world.gate({ siblings: same }))).toBe('ask asks');
    expect(wordOf(await request(world, 3))).toBe('deny quota-run');
  });

  test('hold for whom the run acts for, whoever it acts as', async () => {
    const policy = `${gatePolicy}quotas: [{ per: requester, pending: 1 }]\n`;
    const world = await createGateWorld({ policy, ticket: { onBehalfOf: 'bea' } });
    await world.ask();
    expect(wordOf(await request(world, 1))).toBe('deny quota-requester');
    await world.goToOtherRun({ principal: 'sam', onBehalfOf: 'bea' });
    expect(wordOf(await request(world, 1))).toBe('deny quota-requester');
  });

  test.each([
    ['per tool hold over all runs, whoever they are for', 'tool', 'sam', 'deny quota-tool'],
    ['per requester hold over all their runs', 'requester', 'rita', 'deny quota-requester'],
    ['per requester hold under another name of theirs', 'requester', 'rita-oncall', 'deny quota-requester'],
    ['per requester leave others alone', 'requester', 'sam', 'ask asks'],
    ['per run leave other runs alone', 'run', 'rita', 'ask asks'],
  ])('%s', async (_name, per, principal, expected) => {
    const people = 'people: { rita: [rita, rita-oncall] }\n';
    const world = await createGateWorld({ policy: `${gatePolicy}${people}quotas: [{ per: ${per}, pending: 1 }]\n` });
    await world.ask();
    await world.goToOtherRun({ principal });
    expect(wordOf(await request(world, 1))).toBe(expected);
  });

  test('of some tools leave the others alone', async () => {
    const policy = `${gatePolicy}quotas: [{ per: tool, tools: [send], pending: 1 }]\n`;
    const world = await createGateWorld({ policy });
    await world.ask();
    expect(wordOf(await request(world, 1))).toBe('deny quota-tool');
    expect(wordOf(await request(world, 2, { tool: 'move' }))).toBe('ask asks');
  });

  test('never keep people from saying what became of an effect', async () => {
    const world = await createGateWorld({ policy: onePending });
    await world.ask();
    await world.makeVoid({ callKey: `${workflowId}/1.1` });
    expect(wordOf(await world.gate({ index: 1, about: 'reconcile' }))).toBe('ask asks');
  });
});
