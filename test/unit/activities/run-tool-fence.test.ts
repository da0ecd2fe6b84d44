/** P5: an effect starts at most once per call and try; a row that is there, or a store that fails, never starts another. */
import { describe, expect, test } from 'vitest';
import { digestText } from '../../../core/digest.ts';
import type { FenceRow } from '../../../store/store.ts';
import { createWorld, gaveUp, kindOf, otherUuid, permitOf, rowOf, start, type World } from './run-tool-world.ts';

describe('run-tool meets a row that exists', () => {
  test('used permit: gives the recorded outcome and runs nothing', async () => {
    const world = createWorld();
    const permit = permitOf(world);
    const first = await world.run(permit);
    expect(await world.run(permit)).toEqual(first);
    expect(world.executed).toHaveLength(1);
  });

  test.each(['reserved', 'executing', 'void'] as const)('%s: unknown, and runs nothing', async (state) => {
    const world = createWorld();
    await world.run(permitOf(world));
    Object.assign(rowOf(world) ?? {}, { state, receipt: null, output: null });
    expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
    expect(world.executed).toHaveLength(1);
  });

  test('another permit of the same call and try: the row of the first decides', async () => {
    const world = createWorld();
    const first = await world.run(permitOf(world));
    const second = world.sign(world.permitBody('execute', { pass: 2 }));
    expect(await world.run(second)).toEqual(first);
    expect(world.executed).toHaveLength(1);
  });

  test.each<[string, (world: World) => Parameters<World['run']>[0]]>([
    ['expired', (world) => world.sign(world.permitBody(), { expiresAt: start - 1 })],
    ['of another link', (world) => world.sign(world.permitBody('execute', { linkRunId: otherUuid }))],
    ['of another queue', (world) => world.sign(world.permitBody('execute', { taskQueue: 'other' }))],
  ])('a permit that is %s never hides what is recorded', async (_, permit) => {
    const world = createWorld();
    const first = await world.run(permitOf(world));
    expect(await world.run(permit(world))).toEqual(first);
  });

  test('a permit with forged arguments is not told what is recorded', async () => {
    const world = createWorld();
    await world.run(permitOf(world));
    expect(kindOf(await world.run(permitOf(world), { arguments: '{}' }))).toBe('refused');
  });

  test('a row of other arguments: not started', async () => {
    const world = createWorld();
    await world.run(permitOf(world));
    Object.assign(rowOf(world) ?? {}, { argumentsDigest: digestText('arguments', 'x') });
    expect(await world.run(permitOf(world))).toMatchObject({ kind: 'not-started', code: 'other-row' });
  });

  test('a stored receipt that does not verify is not passed on', async () => {
    const world = createWorld();
    await world.run(permitOf(world));
    const row = rowOf(world);
    if (row?.receipt) row.receipt = { ...row.receipt, body: { ...row.receipt.body, outcome: 'failed' } };
    expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
  });

  const long = 'x'.repeat(20_000);
  test.each<[string, string, (row: FenceRow, world: World) => void]>([
    ['another text', 'short', (row) => Object.assign(row.output ?? {}, { text: 'forged' })],
    ['a body that was not signed', 'short', (row) => Object.assign(row.output ?? {}, { bodyDigest: row.permitDigest })],
    ['another beginning of its body', long, (row) => Object.assign(row.output ?? {}, { text: 'forged' })],
    ['another body', long, (row) => Object.assign(row.output ?? {}, { bodyDigest: row.permitDigest })],
    ['the mark that it was cut', 'short', (row) => Object.assign(row.output ?? {}, { truncated: true })],
    ['a body that is gone', long, (_, world) => world.memory.bodies.clear()],
  ])('a stored output with %s is not passed on', async (_, said, forge) => {
    const world = createWorld({ execute: () => said });
    const first = await world.run(permitOf(world));
    expect(await world.run(permitOf(world))).toEqual(first);
    const row = rowOf(world);
    if (row) forge(row, world);
    const result = await world.run(permitOf(world));
    expect(result).toEqual({ kind: 'unknown', reason: 'the stored output is not the one that was signed' });
  });

  test('an approval used for another try of the call starts nothing', async () => {
    const world = createWorld();
    await world.run(permitOf(world, true));
    const again = world.sign(world.permitBody('execute', { try: 2, approval: world.approval() }));
    expect(await world.run(again)).toMatchObject({ kind: 'not-started', code: 'approval-used' });
    expect(world.executed).toHaveLength(1);
  });

  test('a freeze or an end of the approval inside the reservation starts nothing', async () => {
    const world = createWorld();
    world.memory.before.set('reserveFence', () => world.order({ kind: 'freeze', by: 'ana', reason: 'x' }));
    expect(await world.run(permitOf(world))).toMatchObject({ kind: 'not-started', code: 'frozen' });
    const late = createWorld();
    late.memory.before.set('getRun', () => {
      late.clock.at = start + 40_000;
    });
    expect(await late.run(permitOf(late, true))).toMatchObject({ kind: 'not-started', code: 'approval-stale' });
    expect([world.executed, late.executed]).toEqual([[], []]);
  });
});

describe('run-tool and a store that fails', () => {
  test('while reserving: unknown, and runs nothing', async () => {
    const world = createWorld();
    world.memory.down.set('reserveFence', 'after');
    expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
    expect(world.executed).toEqual([]);
  });

  test('while starting: gives its row up and runs nothing', async () => {
    const world = createWorld();
    world.memory.down.set('startFence', 'after');
    expect(await world.run(permitOf(world))).toMatchObject(gaveUp('store-unavailable'));
    expect(rowOf(world)).toMatchObject({ state: 'void', voidedBy: 'owner' });
    expect(world.executed).toEqual([]);
  });

  test('while consuming: returns no result, and the next start says unknown', async () => {
    const world = createWorld();
    world.memory.down.set('consumeFence', 'before');
    const result = await world.run(permitOf(world));
    expect(kindOf(result)).toBe('unknown');
    expect(JSON.stringify(result)).not.toContain('restarted');
    world.memory.down.clear();
    expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
    expect(world.executed).toHaveLength(1);
  });

  test('with a commit that landed although its answer was lost: the recorded result', async () => {
    const world = createWorld();
    world.memory.down.set('consumeFence', 'after');
    expect(kindOf(await world.run(permitOf(world)))).toBe('succeeded');
  });

  test('X6 invert: while the body is put: returns no result, and never the whole text instead', async () => {
    const world = createWorld({ execute: () => 'x'.repeat(20_000) });
    world.memory.down.set('putBody', 'before');
    expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
  });

  test('with a consumption by somebody else whose answer was lost: returns no result', async () => {
    const world = createWorld();
    world.memory.down.set('consumeFence', 'before');
    world.memory.before.set('getFence', () => {
      const receipt = world.dependencies.signer;
      Object.assign(rowOf(world) ?? {}, { state: 'consumed', permitDigest: digestText('decision', receipt.kid) });
    });
    expect(await world.run(permitOf(world))).toEqual({ kind: 'unknown', reason: 'the result could not be recorded' });
  });

  test('a row recorded in part: unknown', async () => {
    const world = createWorld();
    await world.run(permitOf(world));
    Object.assign(rowOf(world) ?? {}, { output: null });
    expect(await world.run(permitOf(world))).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('in part') as string,
    });
  });

  test.each([
    ['consumed', 'unknown'],
    ['void', 'not-started'],
  ])('giving up a row that somebody made %s is %s, without a receipt', async (state, kind) => {
    const world = createWorld();
    world.memory.down.set('startFence', 'before');
    world.memory.before.set('voidFence', () => Object.assign(rowOf(world) ?? {}, { state }));
    expect(kindOf(await world.run(permitOf(world)))).toBe(kind);
    expect(world.memory.receipts.size).toBe(0);
  });

  test('a row that cannot be given up is unknown', async () => {
    for (const method of ['voidFence', 'recordReceipt'] as const) {
      const world = createWorld();
      world.memory.down.set('startFence', 'before');
      world.memory.down.set(method, 'before');
      expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
    }
  });

  test('a row made void while the tool ran: returns no result', async () => {
    const world = createWorld();
    world.memory.before.set('consumeFence', () => Object.assign(rowOf(world) ?? {}, { state: 'void' }));
    expect(kindOf(await world.run(permitOf(world)))).toBe('unknown');
  });

  test('a row made void before the tool started: runs nothing', async () => {
    const world = createWorld();
    world.memory.before.set('startFence', () => Object.assign(rowOf(world) ?? {}, { state: 'void' }));
    expect(await world.run(permitOf(world))).toMatchObject({ kind: 'not-started', code: 'row-lost' });
    expect(world.executed).toEqual([]);
  });

  test('a process that wakes after its time does not start', async () => {
    const world = createWorld();
    world.memory.before.set('startFence', () => {
      world.clock.at = start + 60_000;
    });
    expect(await world.run(permitOf(world))).toMatchObject(gaveUp('start-too-late'));
    expect(rowOf(world)).toMatchObject({ state: 'void', voidedBy: 'owner' });
    expect(world.executed).toEqual([]);
  });
});
