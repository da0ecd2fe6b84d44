/** Whom a stored request is told to, and that nothing else that anybody could hand in is worth a message or a fault. */
import { expect, test } from 'vitest';
import { type ApprovalNotice, createNotifyApprovers } from '../../../activities/notify-approvers.ts';
import type { NotifyApproversInput } from '../../../core/contracts/activities.ts';
import { createGateWorld } from './check-call-world.ts';
import { otherUuid, workflowId } from './run-tool-world.ts';

const nonce = '00000000-0000-4000-8000-000000000001';

/** A stored request, and two channels: one that tells, one that cannot. */
async function asked() {
  const world = await createGateWorld();
  await world.ask();
  const told: ApprovalNotice[] = [];
  const deliver = async (notice: ApprovalNotice): Promise<string> => {
    told.push(notice);
    return 'message-1';
  };
  const broken = {
    name: 'broken',
    deliver: () => Promise.reject(new Error('no route')),
  };
  const notify = createNotifyApprovers({
    store: world.store,
    clock: world.clock,
    channels: [{ name: 'mail', deliver }, broken],
  });
  return { world, told, notify };
}

test('tells every channel of a stored request, and says which could not', async () => {
  const { told, notify } = await asked();
  expect(await notify({ workflowId, nonce })).toEqual({
    channels: [
      { channel: 'mail', delivered: true, detail: 'message-1' },
      { channel: 'broken', delivered: false, detail: 'no route' },
    ],
  });
  expect(told).toMatchObject([{ workflowId, nonce, card: { tool: 'send' }, approvers: { roles: ['operator'] } }]);
});

test('tells nobody of a request that is closed: anybody could have it told again and again', async () => {
  const { world, told, notify } = await asked();
  const ask = (await world.store.getAsk(nonce))?.ask ?? null;
  await world.gate({ pass: 2, withdraw: true, ask });
  expect(await notify({ workflowId, nonce })).toEqual({ channels: [] });
  expect(told).toEqual([]);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'junk'],
  ['no nonce', { workflowId }],
  ['a nonce of another type', { workflowId, nonce: { toString: 7 } }],
  ['a nonce of another form', { workflowId, nonce: 'x' }],
  ['no run', { nonce }],
  ['another run', { workflowId: `run-${otherUuid}`, nonce }],
  ['a request that nobody stored', { workflowId, nonce: otherUuid }],
])('tells nobody of %s', async (_, input) => {
  const { told, notify } = await asked();
  expect(await notify(input as NotifyApproversInput)).toEqual({ channels: [] });
  expect(told).toEqual([]);
});
