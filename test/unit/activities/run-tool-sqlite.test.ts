/** run-tool against the real store: what its steps need of a fence, a receipt and a freeze holds there too. */
import { afterEach, describe, expect, test } from 'vitest';
import { digestJson, digestText } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import type { SignedTicket, TicketBody } from '../../../core/contracts/ticket.ts';
import { openSqliteStore } from '../../../store/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../store/store.ts';
import {
  audience,
  callKey,
  createWorld,
  linkRunId,
  otherUuid,
  signerFor,
  start,
  type ToolChange,
  workflowId,
} from './run-tool-world.ts';

let store: Store | undefined;
afterEach(() => store?.close());

async function sqliteWorld(change: ToolChange = {}) {
  const world = createWorld(change);
  store = await openSqliteStore({ file: ':memory:' });
  await store.claimTicket({ ticket: ticket(), ticketDigest: digestJson('ticket', ticket()), linkRunId, now: start });
  Object.assign(world.dependencies, { store });
  return { ...world, store };
}

function ticket(): SignedTicket {
  const zero = digestText('body', '');
  const queues = { agent: 'a', model: 'a', tools: 'a', notify: 'a', record: 'a' };
  const limits = {
    turns: 9,
    callsPerRun: 9,
    callsPerTurn: 9,
    refusalsInARow: 3,
    eventsPerLink: 1000,
    contextTokens: 1000,
  };
  const body: TicketBody = {
    namespace: 'default',
    workflowId,
    nonce: otherUuid,
    principal: 'ana',
    roles: [],
    onBehalfOf: null,
    agent: 'ops',
    environment: 'local',
    packDigest: zero,
    policyDigest: zero,
    inputDigest: zero,
    inputLabels: [],
    taskQueues: queues,
    dryRun: false,
    limits,
    parent: null,
    root: workflowId,
    depth: 0,
  };
  return sealEnvelope(signerFor('ticket'), 'ticket', audience, body, { issuedAt: start });
}

describe('run-tool on SQLite', () => {
  test('T2 invert: an approved effect runs once; the permit, its try and its approval are used', async () => {
    const world = await sqliteWorld();
    const permit = world.sign(world.permitBody('execute', { approval: world.approval() }));
    const first = await world.run(permit);
    expect(first).toMatchObject({ kind: 'receipt', receipt: { body: { outcome: 'succeeded' } } });
    expect(await world.run(permit)).toEqual(first);
    expect(await world.run(world.sign(world.permitBody('void')))).toEqual(first);
    const again = world.sign(world.permitBody('execute', { try: 2, approval: world.approval() }));
    expect(await world.run(again)).toMatchObject({ kind: 'not-started', code: 'approval-used' });
    expect(world.executed).toHaveLength(1);
    const kinds = (await world.store.listLedger({ limit: 100 })).map((entry) => entry.kind);
    expect(kinds.filter((kind) => kind === 'intent' || kind === 'receipt')).toEqual(['intent', 'receipt']);
  });

  test.each(['effect', 'read'] as const)(
    'labels of what a tool of class %s gave back are the run’s from its next turn on',
    async (effect) => {
      const world = await sqliteWorld({ effect });
      const labelsIn = async (turn: number) => {
        const query = { workflowId, linkRunId, callKey: `${workflowId}/${turn}.0`, turn, try: 1 };
        return (await world.store.gateState(query)).labels;
      };
      const turn = Number(/\/(\d+)\./u.exec(callKey)?.[1]);
      expect(await labelsIn(turn + 1)).toEqual([]);
      await world.run(world.sign(world.permitBody()));
      expect([await labelsIn(turn), await labelsIn(turn + 1)]).toEqual([[], ['untrusted']]);
    },
  );

  test.each<{ said: 'untrusted'[]; trustedResult?: true; labels: string[] }>([
    { said: [], labels: ['untrusted'] },
    { said: [], trustedResult: true, labels: [] },
    { said: ['untrusted'], trustedResult: true, labels: ['untrusted'] },
  ])('are $labels where the tool says $said and the permit that results are trusted: $trustedResult', async (row) => {
    const { said, labels, ...over } = row;
    const world = await sqliteWorld({ resultLabels: said });
    const result = await world.run(world.sign(world.permitBody('execute', over)));
    expect(result).toMatchObject({ receipt: { body: { outcome: 'succeeded', labels } } });
  });

  test('drift gives the row up with a receipt, and the approval serves a further try', async () => {
    let replicas = 3;
    const world = await sqliteWorld({ targetState: () => ({ replicas }) });
    const asked = { targetStateDigest: digestText('target-state', '{"replicas":2}'), approval: world.approval() };
    const result = await world.run(world.sign(world.permitBody('execute', asked)));
    expect(result).toMatchObject({
      kind: 'receipt',
      receipt: { body: { outcome: 'not-started', voidedFrom: 'reserved' } },
    });
    expect(await world.store.getFence(callKey, 1)).toMatchObject({ state: 'void', voidedBy: 'owner' });
    replicas = 2;
    expect(await world.run(world.sign(world.permitBody('execute', { ...asked, try: 2 })))).toMatchObject({
      receipt: { body: { outcome: 'succeeded' } },
    });
    expect(world.executed).toHaveLength(1);
  });

  test('an effect in doubt is made void, probed, and its late owner cannot record', async () => {
    const world = await sqliteWorld({
      probe: () => 'did-not-happen',
      execute: async () => {
        const owner = world.facts.activityId;
        world.facts.activityId = '';
        await world.run(world.sign(world.permitBody('void')));
        world.facts.activityId = owner;
        return 'late';
      },
    });
    const result = await world.run(world.sign(world.permitBody()));
    expect(result).toEqual({ kind: 'unknown', reason: 'the row was taken away before the result was recorded' });
    expect(await world.store.getFence(callKey, 1)).toMatchObject({
      state: 'void',
      voidedFrom: 'executing',
      voidedBy: 'gate',
    });
    expect(await world.run(world.sign(world.permitBody('probe')))).toMatchObject({
      receipt: { body: { probe: 'did-not-happen' } },
    });
  });

  test('a freeze stops effects, and a read needs no row', async () => {
    const world = await sqliteWorld({ effect: 'read' });
    expect(await world.run(world.sign(world.permitBody()))).toMatchObject({
      receipt: { body: { outcome: 'succeeded' } },
    });
    expect(await world.store.getFence(callKey, 1)).toBeNull();
    const freeze = (sequence: number) => ({ kind: 'freeze' as const, sequence, by: 'ana', reason: 'x' });
    await world.store.appendControl((sequence) =>
      sealEnvelope(signerFor('control'), 'control', audience, freeze(sequence), { issuedAt: start }),
    );
    expect(await world.run(world.sign(world.permitBody('execute', { pass: 2 })))).toMatchObject({
      kind: 'not-started',
      code: 'frozen',
    });
  });
});
