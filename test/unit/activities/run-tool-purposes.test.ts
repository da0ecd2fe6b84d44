import { describe, expect, test } from 'vitest';
import type { PermitBody } from '../../../core/contracts/decision.ts';
import type { Purpose } from '../../../core/contracts/ids.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { ToolFailure } from '../../../tools/tool-failure.ts';
import { callKey, createWorld, type World } from './run-tool-world.ts';

const run = (world: World, purpose: Purpose) => world.run(world.sign(world.permitBody(purpose)));

describe('run-tool of an unapproved read', () => {
  test('reserves nothing, asks the server nothing, and its receipt is keyed by the permit', async () => {
    const world = createWorld({ effect: 'read' });
    world.dependencies.describeRun = async () => await Promise.reject(new Error('asked'));
    const permit = world.sign(world.permitBody());
    const result = await world.run(permit);
    expect(result).toMatchObject({ kind: 'receipt', receipt: { body: { outcome: 'succeeded' } } });
    expect(world.memory.fences.size).toBe(0);
    expect(world.memory.receipts.has(digestJson('decision', permit))).toBe(true);
    expect(await world.run(permit)).toEqual(result);
    expect(world.executed).toHaveLength(1);
  });

  test('reserves when a person approved it', async () => {
    const world = createWorld({ effect: 'read' });
    await world.run(world.sign(world.permitBody('execute', { approval: world.approval() })));
    expect(world.memory.fences.get(`${callKey}#1`)?.state).toBe('consumed');
  });

  test('gives the receipt that came first where two run at once', async () => {
    const world = createWorld({ effect: 'read' });
    const permit = world.sign(world.permitBody());
    const first = await world.run(permit);
    const [stored] = world.memory.receipts.values();
    world.memory.receipts.clear();
    world.memory.before.set(
      'recordReceipt',
      () => stored && world.memory.receipts.set(digestJson('decision', permit), stored),
    );
    world.clock.at += 5;
    expect(await world.run(permit)).toEqual(first);
    expect(world.executed).toHaveLength(2);
  });

  test('of a tool that answers nothing succeeds with an empty text', async () => {
    const world = createWorld({ effect: 'read', execute: () => undefined as unknown as string });
    expect(await run(world, 'execute')).toMatchObject({
      receipt: { body: { outcome: 'succeeded' } },
      output: { text: '' },
    });
  });

  test('returns no result when its receipt is not committed', async () => {
    const world = createWorld({ effect: 'read' });
    world.memory.down.set('recordReceipt', 'before');
    const result = await run(world, 'execute');
    expect(result.kind).toBe('unknown');
    expect(JSON.stringify(result)).not.toContain('restarted');
  });
});

describe('run-tool for a dry run', () => {
  test('C5 port: executes nothing and says what it would have done', async () => {
    const world = createWorld();
    expect(await run(world, 'dry-run')).toMatchObject({
      kind: 'receipt',
      receipt: { body: { outcome: 'dry-run', purpose: 'dry-run' } },
      output: { text: '[DRY RUN] would execute restart with {"force":false,"service":"web"}' },
    });
    expect(world.executed).toEqual([]);
    expect(world.memory.fences.size).toBe(0);
  });
});

describe('run-tool for a dry run of the tool, before anybody is asked', () => {
  const speaks = { purpose: 'dry-run', dryRunTool: true } as const;
  const dryRun = () => 'would restart hunter';
  const ran = async (world: World, body: Partial<PermitBody> = speaks) =>
    await world.run(world.sign(world.permitBody(body.purpose, body)));

  test('gives what the tool says, redacted and checked by guards, and executes nothing', async () => {
    const world = createWorld({ dryRun });
    const checked: string[] = [];
    world.dependencies.checkResult = async (text) => {
      checked.push(text);
      return { findings: [], refusal: undefined };
    };
    expect(await ran(world)).toMatchObject({
      receipt: { body: { outcome: 'dry-run', purpose: 'dry-run', labels: ['untrusted'] } },
      output: { text: 'would restart [secret]' },
    });
    expect(checked).toEqual(['would restart [secret]']);
    expect(world.executed).toEqual([]);
    expect(world.memory.fences.size).toBe(0);
  });

  test.each<[string, () => string]>([
    [
      'fails',
      () => {
        throw new Error('no access for hunter');
      },
    ],
    [
      'says that it failed',
      () => {
        throw new ToolFailure('no access for hunter');
      },
    ],
  ])('that %s is a failure with its reason, and no outcome of the call', async (_, failing) => {
    const world = createWorld({ dryRun: failing });
    expect(await ran(world)).toMatchObject({
      receipt: { body: { outcome: 'failed', purpose: 'dry-run' } },
      output: { text: 'The dry run failed: no access for [secret]' },
    });
    expect(world.executed).toEqual([]);
  });

  test('is not made where the permit does not say so, of a tool that has none, or for another purpose', async () => {
    const world = createWorld({ dryRun });
    expect(await ran(world, { purpose: 'dry-run' })).toMatchObject({
      output: { text: expect.stringMatching(/^\[DRY RUN\] would execute restart/) as unknown },
    });
    expect(await ran(world, { purpose: 'execute', dryRunTool: true })).toMatchObject({ code: 'other-purpose' });
    expect(await ran(createWorld())).toMatchObject({ code: 'other-purpose' });
    expect(world.executed).toEqual([]);
  });
});

describe('run-tool for a probe', () => {
  test.each<[string, string, () => unknown]>([
    ['what the tool answers', 'did-not-happen', () => 'did-not-happen'],
    ['unknown for an answer of its own', 'unknown', () => 'maybe'],
    [
      'unknown for an error',
      'unknown',
      () => {
        throw new Error('x');
      },
    ],
  ])('records %s and executes nothing', async (_, answer, probe) => {
    const world = createWorld({ probe: probe as () => 'unknown' });
    expect(await run(world, 'probe')).toMatchObject({
      kind: 'receipt',
      receipt: { body: { purpose: 'probe', probe: answer } },
    });
    expect(world.executed).toEqual([]);
  });

  test('is made of a row that is void, and of a run that is being cancelled', async () => {
    const world = createWorld({ probe: () => 'happened' });
    await run(world, 'void');
    world.described.cancelRequested = true;
    expect(await run(world, 'probe')).toMatchObject({ kind: 'receipt', receipt: { body: { probe: 'happened' } } });
  });
});

describe('run-tool for a target state', () => {
  test('records the digest of what was read', async () => {
    const world = createWorld({ targetState: () => ({ b: 1, a: [true] }) });
    expect(await run(world, 'target-state')).toMatchObject({
      kind: 'receipt',
      receipt: {
        body: {
          outcome: 'succeeded',
          labels: ['untrusted'],
          targetStateDigest: digestText('target-state', '{"a":[true],"b":1}'),
        },
      },
      output: { text: '{"a":[true],"b":1}' },
    });
    expect(world.executed).toEqual([]);
  });

  test('a tool that says nothing of its target says null', async () => {
    const world = createWorld({ targetState: () => undefined as unknown as null });
    expect(await run(world, 'target-state')).toMatchObject({
      receipt: { body: { outcome: 'succeeded', targetStateDigest: digestText('target-state', 'null') } },
    });
  });

  test('records a failure without a digest', async () => {
    const world = createWorld({
      targetState: () => {
        throw new Error('gone');
      },
    });
    expect(await run(world, 'target-state')).toMatchObject({
      receipt: { body: { outcome: 'failed', labels: ['untrusted'], targetStateDigest: null } },
    });
  });
});

describe('run-tool for void', () => {
  test('leaves a tombstone where there was no row, and nothing runs under it', async () => {
    const world = createWorld();
    expect(await run(world, 'void')).toMatchObject({
      receipt: { body: { purpose: 'void', outcome: 'not-started', voidedFrom: 'absent' } },
    });
    expect((await run(world, 'execute')).kind).toBe('unknown');
    expect(world.executed).toEqual([]);
  });

  test('an executing row: the outcome is unknown', async () => {
    const world = createWorld({
      execute: () => {
        throw new Error('x');
      },
    });
    await run(world, 'execute');
    expect(await run(world, 'void')).toMatchObject({
      receipt: { body: { outcome: 'unknown', voidedFrom: 'executing' } },
    });
  });

  test('a row that cannot be made void, or not said so: no result', async () => {
    const world = createWorld();
    await run(world, 'execute');
    const [row] = world.memory.fences.values();
    Object.assign(world.dependencies, {
      store: { ...world.memory.store, voidFence: async () => ({ kind: 'lost', row }) },
    });
    expect((await run(world, 'void')).kind).toBe('unknown');
    const down = createWorld();
    down.memory.down.set('voidFence', 'after');
    expect(await run(down, 'void')).toMatchObject({ kind: 'not-started', code: 'store-unavailable' });
  });

  test('a consumed row stays and gives its receipt', async () => {
    const world = createWorld();
    const first = await run(world, 'execute');
    expect(await run(world, 'void')).toEqual(first);
    expect(world.memory.fences.get(`${callKey}#1`)?.state).toBe('consumed');
  });

  test('needs neither its tool nor a running link nor a thawed fleet', async () => {
    const world = createWorld();
    world.dependencies.tools = { get: () => undefined, list: () => [] };
    world.described.status = 'closed';
    world.order({ kind: 'freeze', by: 'ana', reason: 'x' });
    expect((await run(world, 'void')).kind).toBe('receipt');
  });

  test('is refused without its own permit', async () => {
    const world = createWorld();
    const permit = world.sign(world.permitBody('execute'));
    world.facts.activityId = world.permitBody('void').activityId;
    expect(await world.run(permit)).toMatchObject({ kind: 'refused', code: 'other-activity' });
    expect(world.memory.fences.size).toBe(0);
  });
});
