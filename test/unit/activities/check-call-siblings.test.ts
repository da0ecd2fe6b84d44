/**
 * Identical calls of one turn are one request whose signed number is how many it covers; each keeps its own permit, and none
 * is covered by a request that the rules would make otherwise (P1, P2).
 */
import { describe, expect, test } from 'vitest';
import { cardSchema } from '../../../core/contracts/approval.ts';
import type { AskBody, SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import { args, createGateWorld, gatePolicy, otherArgs, permitBodyOf, wordOf } from './check-call-world.ts';
import { zero } from '../../support/ticket-body.ts';
import { workflowId } from './run-tool-world.ts';

const key = (index: number) => `${workflowId}/1.${index}`;
const same = (...indices: number[]) => indices.map((index) => ({ index, argumentsText: args }));

function asked(signed: SignedDecision): AskBody['ask'] {
  if (signed.body.verdict !== 'ask') throw new TypeError('not an ask');
  return signed.body.ask;
}

describe('P2 identical calls of a turn', () => {
  test('are one request, which says in its signature and on its card how many it is for', async () => {
    const world = await createGateWorld();
    const ask = asked(await world.ask({ siblings: same(1, 2) }));
    expect(ask.times).toBe(3);
    expect(ask.callKeys).toEqual([key(0), key(1), key(2)]);
    const rows = await world.store.listAsks({ workflowId, limit: 10 });
    expect(rows.map(({ card }) => cardSchema.parse(JSON.parse(card)).times)).toEqual([3]);
  });

  test('are told by their digest: another order of names is the same, other arguments are not', async () => {
    const world = await createGateWorld();
    const siblings = [
      { index: 1, argumentsText: ' { "name" : "all" } ' },
      { index: 2, argumentsText: otherArgs },
      { index: 3, argumentsText: '{"name":"all","more":1}' },
      { index: 4, argumentsText: 'junk' },
    ];
    expect(asked(await world.ask({ siblings })).callKeys).toEqual([key(0), key(1)]);
  });

  test('count once each, however often the workflow names one', async () => {
    const world = await createGateWorld();
    const ask = asked(await world.ask({ siblings: same(0, 1, 1, 0) }));
    expect(ask.callKeys).toEqual([key(0), key(1)]);
    expect(ask.times).toBe(2);
  });

  test('each get a permit of their own from the one approval, and none for a call that it does not cover', async () => {
    const world = await createGateWorld();
    const ask = await world.ask({ siblings: same(1) });
    const votes = [world.vote(ask)];
    for (const index of [0, 1]) {
      const permit = permitBodyOf(await world.gate({ ask, votes, index, pass: 2 }));
      expect(permit.callKey).toBe(key(index));
      expect(permit.approval?.nonce).toBe(asked(ask).nonce);
    }
    expect(wordOf(await world.gate({ ask, votes, index: 2, pass: 2 }))).toBe('ask asks');
  });

  test('are all denied by one denial', async () => {
    const world = await createGateWorld();
    const ask = await world.ask({ siblings: same(1) });
    const votes = [world.vote(ask, { verdict: 'deny' })];
    expect(wordOf(await world.gate({ ask, votes, index: 0, pass: 2 }))).toBe('deny denied-by-person');
    expect(wordOf(await world.gate({ ask, votes, index: 1, pass: 2 }))).toBe('deny denied-by-person');
    expect(wordOf(await world.gate({ index: 2 }))).toBe('deny denied-before');
  });

  test('a withdrawal after the first was permitted holds for the others', async () => {
    const world = await createGateWorld();
    const ask = await world.ask({ siblings: same(1, 2) });
    const approval = world.vote(ask);
    expect(wordOf(await world.gate({ ask, votes: [approval], pass: 2 }))).toMatch(/^allow/u);
    const withdrawal = world.vote(ask, { verdict: 'withdraw', withdraws: digestJson('vote', approval) });
    for (const index of [1, 2]) {
      const votes = [approval, withdrawal];
      expect(wordOf(await world.gate({ ask, votes, index, pass: 2 }))).toBe('deny approval-withdrawn');
    }
  });

  test('what supersedes the request for one makes the others ask anew', async () => {
    const world = await createGateWorld();
    const ask = await world.ask({ siblings: same(1) });
    const votes = [world.vote(ask)];
    world.clock.at += 45_000;
    expect(wordOf(await world.gate({ ask, votes, pass: 2 }))).toBe('deny approval-stale');
    expect(wordOf(await world.gate({ ask, votes, index: 1, pass: 2 }))).toBe('ask asks');
  });

  test('are not covered where a rule asks about the second under other terms', async () => {
    const rule =
      '  - { id: second, effect: ask, tools: [send], reason: once more, approval: with-reason, when: run.calls > 0 }\n';
    const world = await createGateWorld({ policy: gatePolicy + rule });
    expect(asked(await world.ask({ siblings: same(1) })).callKeys).toEqual([key(0)]);
  });

  test('are not covered where a rule refuses the third', async () => {
    const rule =
      '  - { id: third, effect: deny, tools: [send], reason: twice is enough, when: \'run.callsByTool["send"] > 1\' }\n';
    const world = await createGateWorld({ policy: gatePolicy + rule });
    expect(asked(await world.ask({ siblings: same(1, 2, 3) })).callKeys).toEqual([key(0), key(1)]);
  });

  test('are not covered beyond a limit, and those covered have their place', async () => {
    const limits = 'limits: { callsPerTurn: 2 }\n';
    const world = await createGateWorld({ policy: gatePolicy + limits });
    const ask = await world.ask({ siblings: same(1, 2) });
    expect(asked(ask).callKeys).toEqual([key(0), key(1)]);
    expect(asked(ask).times).toBe(2);
    expect(wordOf(await world.gate({ index: 2 }))).toBe('deny limit-calls-per-turn');
    const votes = [world.vote(ask)];
    for (const index of [0, 1]) expect(wordOf(await world.gate({ ask, votes, index, pass: 2 }))).toMatch(/^allow/u);
  });

  test('are not covered where each is held to the state of its target', async () => {
    const world = await createGateWorld();
    await world.looked({ callKey: key(0), purpose: 'target-state', targetStateDigest: zero });
    expect(asked(await world.ask({ tool: 'scale', siblings: same(1) })).callKeys).toEqual([key(0)]);
  });

  test('are not covered where the tool itself wants votes that name its call', async () => {
    const policy = gatePolicy.replace('tools: [send,', 'tools: [sign, send,');
    const world = await createGateWorld({ policy });
    expect(asked(await world.ask({ tool: 'sign', siblings: same(1) })).callKeys).toEqual([key(0)]);
  });

  test('are not covered where something was done under their name', async () => {
    const world = await createGateWorld();
    await world.makeVoid({ callKey: key(1) });
    expect(asked(await world.ask({ siblings: same(1) })).callKeys).toEqual([key(0)]);
  });

  test('are at most as many as one request may cover', async () => {
    const limits = { callsPerTurn: 128, callsPerRun: 128 };
    const base = (await createGateWorld()).ticket.body.limits;
    const world = await createGateWorld({ ticket: { limits: { ...base, ...limits } } });
    const siblings = same(...Array.from({ length: 100 }, (_, index) => index + 1));
    expect(asked(await world.ask({ siblings })).times).toBe(64);
  });
});
