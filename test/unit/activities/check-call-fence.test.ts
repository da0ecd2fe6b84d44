/** What the rows of a call say before any rule does: no second effect, and no further try without proof (P5). */
import { describe, expect, test } from 'vitest';
import { digestText } from '../../../core/digest.ts';
import { createGateWorld, type GateWorld, otherArgs, startToCloseMs, wordOf } from './check-call-world.ts';
import { start, workflowId } from './run-tool-world.ts';

/** When a probe or an answer begins to count: after start-to-close and the margin. */
const settled = startToCloseMs + 5000;
const otherArguments = { argumentsDigest: digestText('arguments', otherArgs) };

async function gateAfter(act: (world: GateWorld) => Promise<void>, tryNumber = 1): Promise<string> {
  const world = await createGateWorld();
  await act(world);
  const result = await world.gate({ try: tryNumber });
  return result.kind === 'next-try' ? `next-try ${result.try}` : wordOf(result);
}

describe('P5 a row of this call and try', () => {
  test.each<[string, string, (world: GateWorld) => Promise<void>]>([
    ['that is consumed gives its record', 'settled', (world) => world.consume()],
    ['that is reserved is in doubt', 'in-doubt', (world) => world.reserve()],
    ['that is executing is in doubt', 'in-doubt', (world) => world.execute()],
    [
      'that is executing is in doubt, whatever a probe says: it may still happen',
      'in-doubt',
      async (world) => {
        await world.execute();
        await world.looked({ purpose: 'probe', probe: 'did-not-happen', startedAt: start + settled });
      },
    ],
    [
      'that is executing is in doubt, whatever a person says',
      'in-doubt',
      async (world) => {
        await world.execute();
        await world.answer(null, { answeredAt: start + settled });
      },
    ],
    ['that its owner gave up lets a further try be', 'next-try 2', (world) => voidAfter(world, 'execute', 'owner')],
    ['that was never there lets a further try be', 'next-try 2', (world) => world.makeVoid()],
    ['that was not started lets a further try be', 'next-try 2', (world) => voidAfter(world, 'reserve')],
    ['that was executing is in doubt', 'in-doubt', (world) => voidAfter(world, 'execute')],
  ])('%s', async (_name, word, act) => {
    expect(await gateAfter(act)).toBe(word);
  });

  test('says from when on what became of it can be known', async () => {
    const world = await createGateWorld();
    await world.execute();
    expect(await world.gate()).toMatchObject({ voided: false, settleAfterAt: start + settled });
    await world.makeVoid();
    expect(await world.gate()).toMatchObject({ voided: true, settleAfterAt: start + settled });
  });

  test('of a read is tried again as soon as it is void, and not before', async () => {
    const world = await createGateWorld();
    const read = { tool: 'read_secret' };
    await world.execute(read);
    expect(await world.gate(read)).toMatchObject({ kind: 'in-doubt' });
    await world.makeVoid(read);
    expect(await world.gate(read)).toMatchObject({ kind: 'next-try', try: 2 });
  });
});

describe('P5 a row of other arguments under the same name', () => {
  test.each<[string, string, (world: GateWorld) => Promise<void>]>([
    ['that is consumed', 'next-try', (world) => world.consume(otherArguments)],
    ['that is open', 'in-doubt', (world) => world.execute(otherArguments)],
    [
      'that a person found to have happened',
      'next-try',
      async (world) => {
        await voidAfter(world, 'execute', 'gate', otherArguments);
        await world.answer(null, { answer: 'happened' });
      },
    ],
  ])('%s starts a new epoch, and its approval serves nothing', async (_name, kind, act) => {
    const world = await createGateWorld();
    await act(world);
    const result = await world.gate();
    expect(result.kind).toBe(kind);
    expect(JSON.stringify(result)).not.toContain('"mayReuseApproval":true');
    expect((await world.store.getRun(workflowId))?.runEpoch).toBe(1);
  });

  test('of the same arguments leaves the epoch, and its approval may serve again', async () => {
    const world = await createGateWorld();
    await world.makeVoid();
    expect(await world.gate()).toMatchObject({ kind: 'next-try', mayReuseApproval: true });
    expect((await world.store.getRun(workflowId))?.runEpoch).toBe(0);
  });
});

describe('P5 a probe’s receipt', () => {
  const late = { purpose: 'probe', startedAt: start + settled } as const;
  test.each<[string, string, (world: GateWorld) => Promise<void>]>([
    ['that says no in time is proof', 'next-try 2', (world) => world.looked({ ...late, probe: 'did-not-happen' })],
    ['that says yes ends it', 'reconciled', (world) => world.looked({ ...late, probe: 'happened' })],
    ['that does not know is none', 'in-doubt', (world) => world.looked({ ...late, probe: 'unknown' })],
    [
      'that says no too early is none',
      'in-doubt',
      (world) => world.looked({ ...late, startedAt: late.startedAt - 1, probe: 'did-not-happen' }),
    ],
    ['of another try is none', 'in-doubt', (world) => world.looked({ ...late, try: 2, probe: 'did-not-happen' })],
    [
      'that the worker did not sign is none',
      'in-doubt',
      (world) => world.looked({ ...late, probe: 'did-not-happen' }, { forged: true }),
    ],
  ])('%s', async (_name, word, act) => {
    expect(
      await gateAfter(async (world) => {
        await voidAfter(world, 'execute');
        await act(world);
      }),
    ).toBe(word);
  });
});

describe('P5 a person’s answer', () => {
  const at = { answeredAt: start + settled };
  test.each<[string, string, (world: GateWorld) => Promise<void>]>([
    ['that says no in time is proof', 'next-try 2', (world) => world.answer(null, at)],
    ['that says yes ends it', 'reconciled', (world) => world.answer(null, { ...at, answer: 'happened' })],
    ['that says no too early is none', 'in-doubt', (world) => world.answer(null, { answeredAt: at.answeredAt - 1 })],
    ['of another try is none', 'in-doubt', (world) => world.answer(null, { ...at, try: 2 })],
    ['of another call is none', 'in-doubt', (world) => world.answer(null, { ...at, callKey: `${workflowId}/1.1` })],
  ])('%s', async (_name, word, act) => {
    expect(
      await gateAfter(async (world) => {
        await voidAfter(world, 'execute');
        await act(world);
      }),
    ).toBe(word);
  });
});

describe('P5 a further try', () => {
  test.each<[string, string, (world: GateWorld) => Promise<void>]>([
    ['is not gated without a row of the try before', 'deny unproved-try', async () => {}],
    ['is not gated while the try before is open', 'in-doubt', (world) => world.execute()],
    ['is not gated without proof of the try before', 'in-doubt', (world) => voidAfter(world, 'execute')],
    ['is not gated after a try that was consumed', 'settled', (world) => world.consume()],
    ['is gated after a try that never started', 'ask asks', (world) => voidAfter(world, 'reserve')],
  ])('%s', async (_name, word, act) => {
    expect(await gateAfter(act, 2)).toBe(word);
  });

  test('always asks, also of an effect that the policy allows', async () => {
    const world = await createGateWorld();
    await world.makeVoid({ tool: 'fire' });
    expect(wordOf(await world.gate({ tool: 'fire', try: 2 }))).toBe('ask further-try');
  });

  test('is denied where the policy names nobody to ask', async () => {
    const policy = 'version: 1\nrules:\n  - { id: free, effect: allow, tools: [fire], reason: harmless }\n';
    const world = await createGateWorld({ policy });
    await world.makeVoid({ tool: 'fire' });
    expect(wordOf(await world.gate({ tool: 'fire', try: 2 }))).toBe('deny further-try');
  });

  test('of what may be repeated does not', async () => {
    const world = await createGateWorld();
    await world.makeVoid({ tool: 'restart' });
    expect(wordOf(await world.gate({ tool: 'restart', try: 2 }))).toBe('allow free');
  });

  test.each([
    ['of a read, two more times', 'read_status', 3, 'allow reads'],
    ['of a read, not for ever', 'read_status', 4, 'deny unproved-try'],
    ['of nothing but a read', 'restart', 2, 'deny unproved-try'],
  ])('without a row: %s', async (_name, tool, tryNumber, word) => {
    const world = await createGateWorld();
    expect(wordOf(await world.gate({ tool, try: tryNumber }))).toBe(word);
  });
});

describe('P5 an effect', () => {
  test('waits while an earlier one of its run is open; a read does not', async () => {
    const world = await createGateWorld();
    await world.execute({ callKey: `${workflowId}/1.1` });
    expect(wordOf(await world.gate({ tool: 'fire' }))).toBe('hold earlier-effect-open');
    expect(wordOf(await world.gate({ tool: 'read_status' }))).toBe('allow reads');
  });
});

describe('a permit that settles', () => {
  test.each<[string, string, Parameters<GateWorld['gate']>[0], (world: GateWorld) => Promise<void>]>([
    ['makes an open row void', 'allow settle-void', { purpose: 'void' }, (world) => world.execute()],
    ['probes a row that is void', 'allow settle-probe', { purpose: 'probe' }, (world) => voidAfter(world, 'execute')],
    ['does not probe a row that may still start', 'deny nothing-to-probe', { purpose: 'probe' }, (w) => w.execute()],
    ['does not probe where there is no row', 'deny nothing-to-probe', { purpose: 'probe' }, async () => {}],
    [
      'does not probe with a tool that has no probe',
      'deny nothing-to-probe',
      { purpose: 'probe', tool: 'wipe' },
      (world) => world.makeVoid({ tool: 'wipe' }),
    ],
    [
      'voids no row of other arguments',
      'deny other-arguments',
      { purpose: 'void', argumentsText: otherArgs },
      (world) => world.execute(),
    ],
  ])('%s', async (_name, word, changes, act) => {
    const world = await createGateWorld();
    await act(world);
    expect(wordOf(await world.gate(changes))).toBe(word);
  });
});

async function voidAfter(
  world: GateWorld,
  step: 'reserve' | 'execute',
  by: 'owner' | 'gate' = 'gate',
  changes: Parameters<GateWorld['reserve']>[0] = {},
): Promise<void> {
  await world[step](changes);
  await world.makeVoid(changes, by);
}
