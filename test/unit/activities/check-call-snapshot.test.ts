/**
 * A pass of the gate reads authority in one snapshot (P1). What comes between the snapshot and the decision, by somebody
 * who times it well, must be met where the decision is recorded or where the tool runs, and never be lost.
 */
import { describe, expect, test } from 'vitest';
import type { CheckCallResult } from '../../../core/contracts/activities.ts';
import type { PermitBody } from '../../../core/contracts/decision.ts';
import type { Store } from '../../../store/store.ts';
import { createGateWorld, gatePolicy, type GateWorld, permitBodyOf, wordOf } from './check-call-world.ts';
import { zero } from '../../support/ticket-body.ts';
import { linkRunId, otherUuid, workflowId } from './run-tool-world.ts';

const call = { tool: 'restart' };

/** The next pass has read its snapshot when this happens. */
function afterSnapshot(world: GateWorld, happens: () => Promise<unknown>): void {
  const { store } = world;
  world.dependencies.store = {
    ...store,
    gateView: async (query, kinds) => {
      const view = await store.gateView(query, kinds);
      world.dependencies.store = store;
      await happens();
      return view;
    },
  };
}

async function reserveBy(world: GateWorld, { freezeEpoch, argumentsDigest, callKey, runEpoch }: PermitBody) {
  return await world.store.reserveFence({
    callKey,
    try: 1,
    workflowId,
    linkRunId,
    runEpoch,
    tool: call.tool,
    argumentsDigest: argumentsDigest ?? '',
    permitDigest: `sha256:${'1'.repeat(64)}`,
    nonce: null,
    startToCloseMs: 1000,
    now: world.clock.at,
    executeByAt: null,
    freezeEpoch,
  });
}

describe('a pass that needs nobody', () => {
  test('asks the store twice: for the snapshot, and to record', async () => {
    const world = await createGateWorld();
    await world.gate(call);
    const asked: string[] = [];
    world.dependencies.store = new Proxy(world.store, {
      get: (target, name: keyof Store) => {
        asked.push(name);
        return target[name];
      },
    });
    expect(wordOf(await world.gate({ ...call, index: 1 }))).toBe('allow free');
    expect(asked).toEqual(['gateView', 'recordDecision']);
  });
});

describe('P1 what comes after the snapshot', () => {
  test('a freeze: the permit has the epoch before it, under which nothing is reserved', async () => {
    const world = await createGateWorld();
    const before = permitBodyOf(await world.gate(call));
    expect(await reserveBy(world, before)).toEqual({ kind: 'reserved' });

    const frozen = await createGateWorld();
    afterSnapshot(frozen, () => frozen.order({ kind: 'freeze', by: 'olga', reason: 'a test' }));
    const body = permitBodyOf(await frozen.gate(call));
    expect(body.freezeEpoch).toBe(0);
    expect(await reserveBy(frozen, body)).toEqual({ kind: 'frozen' });
    expect(wordOf(await frozen.gate({ ...call, index: 1 }))).toBe('hold frozen');
  });

  test('a freeze and its thaw: nothing is reserved under the epoch before both', async () => {
    const world = await createGateWorld();
    afterSnapshot(world, async () => {
      await world.order({ kind: 'freeze', by: 'olga', reason: 'a test' });
      await world.order({ kind: 'thaw', by: 'olga', reason: 'a test' });
    });
    expect(await reserveBy(world, permitBodyOf(await world.gate(call)))).toEqual({ kind: 'frozen' });
  });

  test('a tightened policy: the decision names the one that it went by, and the next pass goes by the new one', async () => {
    const world = await createGateWorld();
    const tight = await world.store.putBody(
      gatePolicy.replace('{ id: free, effect: allow', '{ id: free, effect: deny'),
    );
    const agent = (await world.store.getRun(workflowId))?.ticket.body.agent ?? '';
    afterSnapshot(world, () =>
      world.order({ kind: 'policy-activation', agent, packDigest: zero, policyDigest: tight, by: 'olga' }),
    );
    const body = permitBodyOf(await world.gate(call));
    expect(body.activePolicyDigest).toBe(body.policyDigest);
    expect(wordOf(await world.gate({ ...call, index: 1 }))).toBe('deny free');
  });

  test.each([
    ['a reset', { kind: 'reset' }],
    ['a successor', { kind: 'successor' }],
  ] as const)('%s: nothing is recorded, and the run that was left holds', async (_name, { kind }) => {
    const world = await createGateWorld();
    const link = { workflowId, linkRunId: otherUuid, kind, expectedLastLinkRunId: linkRunId, now: world.clock.at };
    afterSnapshot(world, () => world.store.registerLink(link));
    expect(wordOf(await world.gate(call))).toBe('hold store-unavailable');
    expect(await world.store.listDecisions(workflowId)).toEqual([]);
  });

  test('the same pass, run again beside it: both give the one decision that was recorded first', async () => {
    const world = await createGateWorld();
    const results: CheckCallResult[] = [];
    afterSnapshot(world, async () => {
      world.clock.at += 1;
      results.push(await world.gate(call));
    });
    results.push(await world.gate(call));
    const [decision] = await world.store.listDecisions(workflowId);
    expect(decision?.issuedAt).toBe(world.clock.at);
    expect(results).toMatchObject([{ decision }, { decision }]);
    expect(await world.store.listDecisions(workflowId)).toHaveLength(1);
  });

  test('the same pass with other arguments: it is refused, and gets nothing of what was recorded', async () => {
    const world = await createGateWorld();
    afterSnapshot(world, () => world.gate(call));
    expect(wordOf(await world.gate({ ...call, argumentsText: '{"name":"one"}' }))).toBe('refused conflict');
    expect(await world.store.listDecisions(workflowId)).toHaveLength(1);
  });
});

describe('P1 a control record that somebody changed in the database', () => {
  const unreadable = (kind: 'freeze' | 'policy-layer') => (world: GateWorld) =>
    world.store.appendControl((sequence) => ({
      domain: 'control',
      kid: 'none',
      audience: 'none',
      issuedAt: 0,
      signature: 'none',
      body: { kind, sequence, layer: 5 } as never,
    }));

  test('of policies denies the call, signed, and ends no run', async () => {
    const world = await createGateWorld();
    await unreadable('policy-layer')(world);
    expect(wordOf(await world.gate(call))).toBe('deny gate-fault');
    expect(await world.store.listDecisions(workflowId)).toHaveLength(1);
  });

  test('of freezes refuses all, and nothing is signed', async () => {
    const world = await createGateWorld();
    await unreadable('freeze')(world);
    expect(wordOf(await world.gate(call))).toBe('refused record-invalid');
    expect(await world.store.listDecisions(workflowId)).toEqual([]);
  });
});
