/** Which runs open (P1): those whose first link claims its own, live, unused ticket for exactly this input. */
import { describe, expect, test } from 'vitest';
import { createCheckPoint } from '../../../activities/check-point.ts';
import { createCheckStart } from '../../../activities/check-start.ts';
import { createOpenRun, type OpenRunDependencies } from '../../../activities/open-run.ts';
import type { OpenRunInput } from '../../../core/contracts/activities.ts';
import { digestText } from '../../../core/digest.ts';
import { defineGuard } from '../../../guards/index.ts';
import { createGateWorld, gatePolicy, type GateWorld, type WorldChanges } from './check-call-world.ts';
import { audience, linkRunId, otherUuid, start, workflowId } from './run-tool-world.ts';

const second = '55555555-5555-4555-8555-555555555555';
const third = '66666666-6666-4666-8666-666666666666';

async function unopened(changes: WorldChanges = {}) {
  const world = await createGateWorld({ unclaimed: true, ...changes });
  const { store, clock, registry, caller } = world;
  const dependencies: OpenRunDependencies = {
    store,
    clock,
    registry,
    audience,
    namespace: 'default',
    readLinkOrigin: async (id, link) => await world.dependencies.readLinkOrigin(id, link),
    checkStart: createCheckStart({
      policies: world.dependencies.policies,
      checkPoint: createCheckPoint([
        defineGuard({ id: 'mine', at: ['beforeAgent'], check: () => world.found.findings }),
      ]),
    }),
    readCaller: () => ({ kind: 'caller', caller }),
  };
  const open = async (input: Partial<OpenRunInput> = {}) => {
    const result = await createOpenRun(dependencies)({
      ticket: world.ticket,
      input: 'go',
      firstRunId: linkRunId,
      ...input,
    });
    return 'code' in result ? `${result.kind} ${result.code}` : result.kind;
  };
  return { ...world, dependencies, open };
}
type Unopened = Awaited<ReturnType<typeof unopened>>;

/** Not refused only: a ticket that opened nothing must still be there for the run that it is for. */
async function expectUnused(world: Pick<GateWorld, 'store'>): Promise<void> {
  expect(await world.store.listRuns({ limit: 10 })).toEqual([]);
}

describe('P1 a run', () => {
  test('opens with its ticket, and its link opens again after a crash, however late', async () => {
    const world = await unopened();
    expect(await world.open()).toBe('opened');
    world.clock.at += 3_600_000;
    expect(await world.open()).toBe('opened');
    expect(await world.store.getRun(workflowId)).toMatchObject({ firstLinkRunId: linkRunId, runEpoch: 0 });
  });

  test.each<[string, string, (world: Unopened) => Partial<OpenRunInput> | void, WorldChanges?]>([
    ['with a ticket of another run', 'ticket-invalid', (world) => void (world.caller.workflowId = `run-${otherUuid}`)],
    [
      'with a ticket that was changed',
      'ticket-invalid',
      ({ ticket }) => ({ ticket: { ...ticket, body: { ...ticket.body, principal: 'root' } } }),
    ],
    ['with a ticket that has expired', 'ticket-invalid', (world) => void (world.clock.at = start + 60_001)],
    ['with a ticket of another namespace', 'ticket-invalid', () => {}, { ticket: { namespace: 'another' } }],
    [
      'with a ticket for another input',
      'ticket-invalid',
      () => {},
      { ticket: { inputDigest: digestText('input', 'come') } },
    ],
    ['without its input', 'ticket-invalid', () => ({ input: null })],
    ['in a link that says it is not the first', 'ticket-invalid', () => ({ firstRunId: second })],
    ['with an input in which a guard found something grave', 'input-refused', (world) => found(world, 'high')],
    ['in what is not the run’s own local activity', 'run-refused', (world) => notLocal(world)],
  ])('does not open %s, and its ticket stays unused', async (_name, code, flaw, changes) => {
    const world = await unopened(changes);
    const input = flaw(world) ?? {};
    expect(await world.open(input)).toBe(`refused ${code}`);
    await expectUnused(world);
  });

  test('opens with an input in which a guard found something that is not grave', async () => {
    const world = await unopened();
    found(world, 'medium');
    expect(await world.open()).toBe('opened');
  });

  test.each([
    ['a blocked account', 'blocked: { users: [rita] }'],
    ['text that holds a blocked word, however it is written', 'blocked: { words: [go] }'],
    ['a guard’s finding above the threshold of the policy', 'guards: { mine: { block: medium } }'],
  ])('of %s does not open', async (_name, policy) => {
    const input = 'G\u200BO on';
    const ticket = { inputDigest: digestText('input', input) };
    const changed = await unopened({ policy: gatePolicy.replace('rules:\n', `${policy}\nrules:\n`), ticket });
    found(changed, 'medium');
    expect(await changed.open({ input })).toBe('refused input-refused');
    await expectUnused(changed);
  });

  test('does not open when another run of this name claimed meanwhile', async () => {
    const world = await unopened();
    const { store } = world;
    const claimed = async (claim: Parameters<typeof store.claimTicket>[0]) => {
      await store.claimTicket({ ...claim, linkRunId: second });
      return await store.claimTicket(claim);
    };
    world.dependencies.store = { ...store, claimTicket: claimed };
    expect(await world.open()).toBe('refused ticket-invalid');
  });

  test('says of a fault that it was one, and none of its words', async () => {
    const world = await unopened();
    const claimTicket = () => Promise.reject(new TypeError('what an attacker wrote'));
    const open = createOpenRun({ ...world.dependencies, store: { ...world.store, claimTicket } });
    const result = await open({ ticket: world.ticket, input: 'go', firstRunId: linkRunId });
    expect(result).toMatchObject({ kind: 'refused', code: 'internal-fault' });
    expect(JSON.stringify(result)).toContain('TypeError, 22 characters');
    expect(JSON.stringify(result)).not.toContain('attacker');
  });

  test('does not open in a link that the server knows as of another chain', async () => {
    const world = await unopened();
    await world.open();
    world.caller.linkRunId = second;
    const origin = { workflowType: 'agentRun', firstRunId: second, originalRunId: second, continuedRunId: null };
    world.origins.set(second, origin);
    expect(await world.open({ firstRunId: second })).toBe('refused run-refused');
  });

  test('does not go on in a link beside which another registered meanwhile', async () => {
    const world = await unopened();
    await world.open();
    world.caller.linkRunId = second;
    const rival = {
      workflowId,
      linkRunId: third,
      kind: 'reset' as const,
      expectedLastLinkRunId: linkRunId,
      now: start,
    };
    world.dependencies.readLinkOrigin = async () => {
      await world.store.registerLink(rival);
      return { workflowType: 'agentRun', firstRunId: linkRunId, originalRunId: second, continuedRunId: linkRunId };
    };
    expect(await world.open({ input: null })).toBe('refused run-refused');
  });

  test('does not go on in a successor that was handed another ticket, and registers no such link', async () => {
    const world = await unopened();
    await world.open();
    world.caller.linkRunId = second;
    const origin = { workflowType: 'agentRun', firstRunId: linkRunId, originalRunId: second };
    world.origins.set(second, { ...origin, continuedRunId: linkRunId });
    const { taskQueues } = world.ticket.body;
    const body = { ...world.ticket.body, taskQueues: { ...taskQueues, tools: 'mine' } };
    expect(await world.open({ input: null, ticket: { ...world.ticket, body } })).toBe('refused ticket-invalid');
    expect(await world.store.getRun(workflowId)).toMatchObject({ lastLinkRunId: linkRunId });
  });

  test('goes on in a successor', async () => {
    const world = await unopened();
    await world.open();
    world.caller.linkRunId = second;
    const origin = { workflowType: 'agentRun', firstRunId: linkRunId, originalRunId: second };
    world.origins.set(second, { ...origin, continuedRunId: linkRunId });
    expect(await world.open({ input: null })).toBe('opened');
    expect(await world.store.getRun(workflowId)).toMatchObject({ lastLinkRunId: second, runEpoch: 0 });
  });
});

function found(world: Unopened, severity: 'medium' | 'high'): void {
  world.found.findings = [{ guard: 'input', rule: 'size', severity, message: 'too large' }];
}

function notLocal(world: Unopened): void {
  world.dependencies.readCaller = () => ({ kind: 'not-local', reason: 'it is not local' });
}
