/**
 * Where two of run-tool's checks could each hide the other's absence: a refusal that meets a row, a check made twice, an
 * approval that ends between them. One gap a test (P1, P2, P5).
 */
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { PermitBody } from '../../../core/contracts/decision.ts';
import { digestText } from '../../../core/digest.ts';
import { createWorld, gaveUp, otherUuid, permitOf, rowOf, start, type World, workflowId } from './run-tool-world.ts';

describe('a refusal that meets a row', () => {
  const otherLink = (world: World) => world.sign(world.permitBody('execute', { linkRunId: otherUuid }));

  test('P5 of other arguments stays a refusal: what that row says is of another call', async () => {
    const world = createWorld();
    await world.run(permitOf(world));
    Object.assign(rowOf(world) ?? {}, { argumentsDigest: digestText('arguments', 'x') });
    expect(await world.run(otherLink(world))).toMatchObject({ kind: 'not-started', code: 'other-link' });
  });

  test('P5 of the execution stays a refusal for a probe: the record of one is no answer of the other', async () => {
    const world = createWorld({ probe: () => 'happened' });
    await world.run(permitOf(world));
    const late = world.sign(world.permitBody('probe'), { expiresAt: start - 1 });
    expect(await world.run(late)).toMatchObject({ kind: 'not-started', code: 'permit-expired' });
  });

  test('P5 that cannot be read is not a refusal: nobody knows whether it started', async () => {
    const world = createWorld();
    await world.run(permitOf(world));
    world.memory.down.set('getFence', 'before');
    expect(await world.run(otherLink(world))).toMatchObject({ kind: 'not-started', code: 'store-unavailable' });
    world.memory.down.clear();
    world.memory.before.set('getFence', () => {
      throw new TypeError('a fault that nobody thought of');
    });
    expect(await world.run(otherLink(world))).toMatchObject({ kind: 'unknown' });
  });
});

describe('a run that is not in the store', () => {
  test('P1 starts nothing', async () => {
    const world = createWorld();
    world.dependencies.store = new Proxy(world.memory.store, {
      get: (target, name): unknown => (name === 'getRun' ? async () => null : Reflect.get(target, name)),
    });
    expect(await world.run(permitOf(world))).toMatchObject({ kind: 'not-started', code: 'other-epoch' });
    expect(world.executed).toEqual([]);
  });
});

describe('permitted arguments that are not the tool’s', () => {
  test.each(['{"service":1}', '{"force":false,"force":true,"service":"web"}', 'web'])(
    'P1 %s run nothing',
    async (text) => {
      const world = createWorld();
      const argumentsDigest = digestText('arguments', text);
      const permit = world.sign(world.permitBody('execute', { argumentsDigest }));
      expect(await world.run(permit, { arguments: text })).toMatchObject({ kind: 'refused', code: 'other-arguments' });
      expect([world.executed, world.memory.fences.size]).toEqual([[], 0]);
    },
  );
});

describe('between reserve and start', () => {
  const targetStateDigest = digestText('target-state', canonicalJson({}));
  async function afterReading(happens: (world: World) => void, over: (world: World) => Partial<PermitBody>) {
    const world: World = createWorld({
      targetState: () => {
        happens(world);
        return {};
      },
    });
    const result = await world.run(world.sign(world.permitBody('execute', { targetStateDigest, ...over(world) })));
    expect(world.executed).toEqual([]);
    expect(rowOf(world)).toMatchObject({ state: 'void', voidedBy: 'owner' });
    return result;
  }

  test('P2 an approval that ends while the target is read starts nothing', async () => {
    const late = (world: World) => void (world.clock.at = start + 30_001);
    expect(await afterReading(late, (world) => ({ approval: world.approval() }))).toMatchObject(
      gaveUp('approval-stale'),
    );
  });

  test('P1 a store that goes away while the target is read starts nothing, and is named', async () => {
    const away = (world: World) => void world.memory.down.set('listControl', 'before');
    expect(await afterReading(away, () => ({}))).toMatchObject(gaveUp('store-unavailable'));
  });
});

describe('a tool that demands votes', () => {
  test('P1 does not take one that was cast after the approval ended', async () => {
    const world = createWorld({ votesDemanded: 1 });
    const votes = [world.vote('bo', { castAt: start + 30_001 })];
    const permit = world.sign(world.permitBody('execute', { approval: world.approval(votes) }));
    expect(await world.run(permit, { votes })).toMatchObject({ kind: 'refused', code: 'votes-missing' });
  });

  test('P2 does not take one that was cast on another call: a stolen gate key could hand it over', async () => {
    const world = createWorld({ votesDemanded: 1 });
    const votes = [world.vote('bo', { callKey: `${workflowId}/3.1` })];
    const permit = world.sign(world.permitBody('execute', { approval: world.approval(votes) }));
    expect(await world.run(permit, { votes })).toMatchObject({ kind: 'refused', code: 'votes-missing' });
    expect(world.executed).toEqual([]);
  });

  test('P5 is probed without any: what became of it must be found out', async () => {
    const world = createWorld({ votesDemanded: 1, probe: () => 'happened' });
    expect(await world.run(world.sign(world.permitBody('probe')))).toMatchObject({ kind: 'receipt' });
  });
});
