/** The last look at a run: what the store shows of it that should not be is a finding in the record. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createCloseRun } from '../../../activities/close-run.ts';
import type { CloseRunInput } from '../../../core/contracts/activities.ts';
import type { ReceiptBody } from '../../../core/contracts/receipt.ts';
import { digestJson } from '../../../core/digest.ts';
import { callKey, createGateWorld, type GateWorld } from './check-call-world.ts';
import { linkRunId, workflowId } from './run-tool-world.ts';

let world: GateWorld;
beforeEach(async () => {
  world = await createGateWorld();
});

/** Guards have nothing against the answer. */
const checkAnswer = async () => ({ findings: [], refusal: undefined });

async function rulesAtEnd(
  calls: CloseRunInput['calls'] = [],
  outcome: CloseRunInput['outcome'] = 'completed',
): Promise<string[]> {
  const closeRun = createCloseRun({
    store: world.store,
    clock: world.clock,
    checkAnswer,
    readExecution: () => ({ workflowId, linkRunId }),
  });
  const { findings } = await closeRun({ outcome, text: 'end', turns: 1, calls });
  for (const { guard, severity } of findings)
    expect({ guard, severity }).toEqual({ guard: 'compliance', severity: 'high' });
  return findings.map(({ rule }) => rule);
}

/** Permits a call of `fire` and starts it; the receipt is the test's. */
async function fire(permitDigest?: string): Promise<string> {
  const result = await world.gate({ tool: 'fire' });
  if (result.kind !== 'decided') throw new TypeError('nothing was decided');
  const digest = permitDigest ?? digestJson('decision', result.decision);
  const { argumentsDigest } = result.decision.body;
  await world.store.reserveFence({
    callKey,
    try: 1,
    tool: 'fire',
    argumentsDigest: argumentsDigest ?? '',
    workflowId,
    linkRunId,
    runEpoch: 0,
    permitDigest: digest,
    nonce: null,
    startToCloseMs: 1000,
    now: world.clock.at,
    executeByAt: null,
    freezeEpoch: await world.store.freezeEpoch(),
  });
  return digest;
}

async function receive(permitDigest: string, more: Partial<ReceiptBody> = {}): Promise<void> {
  await world.looked({ callKey, purpose: 'void', permitDigest, ...more });
}

describe('the end of a run', () => {
  test('has nothing to say of one in order', async () => {
    await receive(await fire());
    expect(await rulesAtEnd([{ callKey, outcome: 'succeeded' }])).toEqual([]);
  });

  test('finds a call without a decision', async () => {
    expect(await rulesAtEnd([{ callKey, outcome: 'refused' }])).toEqual(['call-without-decision']);
  });

  test('finds a request without an outcome', async () => {
    await world.ask();
    expect(await rulesAtEnd()).toEqual(['ask-without-outcome']);
  });

  test('has nothing to say of what a run withdrew by being cancelled or by failing', async () => {
    await world.ask();
    expect(await rulesAtEnd([], 'cancelled')).toEqual([]);
    expect(await rulesAtEnd([], 'failed')).toEqual([]);
    expect(await rulesAtEnd([], 'refused')).toEqual(['ask-without-outcome']);
  });

  test('has nothing to say of a request that a reset made void, nor of calls that no turn may have', async () => {
    await world.ask();
    await world.store.raiseRunEpoch({ workflowId, fromEpoch: 0, reason: 'a test', now: world.clock.at });
    const at = (index: number) => ({ callKey: `${workflowId}/1.${index}`, outcome: 'refused' as const });
    expect(await rulesAtEnd([at(128), at(999)])).toEqual([]);
    expect(await rulesAtEnd([at(127)])).toEqual(['call-without-decision']);
  });

  test('finds an effect that was started and has no receipt', async () => {
    await fire();
    expect(await rulesAtEnd()).toEqual(['effect-without-receipt']);
  });

  test('finds an effect that no decision permits', async () => {
    await receive(await fire(digestJson('decision', 'none')));
    expect(await rulesAtEnd()).toEqual(['effect-without-permit']);
  });

  test('finds more calls than the ticket allows', async () => {
    const { body } = world.ticket;
    for (let index = 0; index < body.limits.callsPerRun; index += 1)
      await world.gate({ turn: index + 1, tool: 'read_status' });
    expect(await rulesAtEnd()).toEqual([]);
    body.limits.callsPerRun -= 1;
    const run = await world.store.getRun(workflowId);
    const store = { ...world.store, getRun: async () => run && { ...run, ticket: world.ticket } };
    const readExecution = () => ({ workflowId, linkRunId });
    const closeRun = createCloseRun({ store, clock: world.clock, checkAnswer, readExecution });
    const { findings } = await closeRun({ outcome: 'completed', text: 'end', turns: 9, calls: [] });
    expect(findings.map(({ rule }) => rule)).toEqual(['limit-exceeded']);
  });
});
