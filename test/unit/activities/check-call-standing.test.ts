/** Who may ask the gate at all: a registered link of a claimed run, at its turn, on a clock that agrees (P1). */
import { describe, expect, test } from 'vitest';
import type { LinkOrigin } from '../../../core/contracts/describe.ts';
import { createGateWorld, type GateWorld, wordOf } from './check-call-world.ts';
import { linkRunId, otherUuid, workflowId } from './run-tool-world.ts';

const second = '55555555-5555-4555-8555-555555555555';
const third = '66666666-6666-4666-8666-666666666666';

function origin(changes: Partial<LinkOrigin> = {}): LinkOrigin {
  return {
    workflowType: 'agentRun',
    firstRunId: linkRunId,
    originalRunId: second,
    continuedRunId: linkRunId,
    ...changes,
  };
}

async function askedBy(world: GateWorld, link: string): Promise<string> {
  world.caller.linkRunId = link;
  return wordOf(await world.gate({ tool: 'restart' }));
}

describe('P1 the gate answers', () => {
  test('the link that claimed the ticket: the control of the cases below', async () => {
    const world = await createGateWorld();
    expect(await askedBy(world, linkRunId)).toBe('allow free');
  });

  test('no run without a claimed ticket', async () => {
    const world = await createGateWorld();
    world.caller.workflowId = `run-${otherUuid}`;
    expect(await askedBy(world, linkRunId)).toBe('refused run-refused');
    expect(await world.store.listDecisions(world.caller.workflowId)).toEqual([]);
  });

  test('nobody who was not started as the run’s own local activity', async () => {
    const world = await createGateWorld();
    world.dependencies.readCaller = () => ({ kind: 'not-local', reason: 'it is not local' });
    expect(await askedBy(world, linkRunId)).toBe('refused run-refused');
  });

  test('a successor, in the same epoch', async () => {
    const world = await createGateWorld();
    world.origins.set(second, origin());
    expect(await askedBy(world, second)).toBe('allow free');
    expect(await world.store.getRun(workflowId)).toMatchObject({ runEpoch: 0, lastLinkRunId: second });
  });

  test.each([
    ['a reset of the chain', { originalRunId: linkRunId, continuedRunId: null }],
    ['a reset of a link that was itself continued', { originalRunId: third, continuedRunId: linkRunId }],
    ['a link that follows one that is not the last', { continuedRunId: third }],
  ])('%s only in a new epoch, in which what was allowed asks', async (_name, changes) => {
    const world = await createGateWorld();
    world.origins.set(second, origin(changes));
    expect(await askedBy(world, second)).toBe('ask new-epoch');
    expect((await world.store.getRun(workflowId))?.runEpoch).toBe(1);
  });

  test('no link of another chain under the same id: a run that was terminated and started anew', async () => {
    const world = await createGateWorld();
    world.origins.set(second, origin({ firstRunId: second, continuedRunId: null }));
    expect(await askedBy(world, second)).toBe('refused run-refused');
    expect((await world.store.getRun(workflowId))?.lastLinkRunId).toBe(linkRunId);
  });

  test('no earlier link once a later one is registered', async () => {
    const world = await createGateWorld();
    world.origins.set(second, origin());
    await askedBy(world, second);
    expect(await askedBy(world, linkRunId)).toBe('refused run-refused');
  });

  test('one of two links that register at once', async () => {
    const world = await createGateWorld();
    world.origins.set(second, origin());
    const { readLinkOrigin } = world.dependencies;
    world.dependencies.readLinkOrigin = async (id, link) => {
      const expectedLastLinkRunId = linkRunId;
      const rival = {
        workflowId,
        linkRunId: third,
        kind: 'reset' as const,
        expectedLastLinkRunId,
        now: world.clock.at,
      };
      await world.store.registerLink(rival);
      return await readLinkOrigin(id, link);
    };
    expect(await askedBy(world, second)).toBe('refused run-refused');
    expect((await world.store.getRun(workflowId))?.lastLinkRunId).toBe(third);
  });

  test('no call of a turn that is over', async () => {
    const world = await createGateWorld();
    await world.gate({ tool: 'restart', turn: 3 });
    expect(wordOf(await world.gate({ tool: 'restart', turn: 2 }))).toBe('refused run-refused');
  });

  test.each([-10_001, 10_001])('not while the clocks differ by %d ms', async (ms) => {
    const world = await createGateWorld();
    const workflowTimeAt = world.clock.at + ms;
    expect(wordOf(await world.gate({ tool: 'restart', workflowTimeAt }))).toBe('hold clock-skew');
    expect(await world.store.listDecisions(workflowId)).toEqual([]);
  });

  test('not while the fleet is frozen, and signs the epoch of the thaw after', async () => {
    const world = await createGateWorld();
    await world.order({ kind: 'freeze', by: 'olga', reason: 'a test' });
    expect(wordOf(await world.gate({ tool: 'restart' }))).toBe('hold frozen');
    await world.order({ kind: 'thaw', by: 'olga', reason: 'a test' });
    const result = await world.gate({ tool: 'restart' });
    expect(result).toMatchObject({ decision: { body: { freezeEpoch: await world.store.freezeEpoch() } } });
  });
});
