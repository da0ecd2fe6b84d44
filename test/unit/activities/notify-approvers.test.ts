/** What a history says of who was told: what the gateways noted of that run's request, and nothing for anything else that is handed in. */
import { expect, test } from 'vitest';
import { createNotifyApprovers } from '../../../activities/notify-approvers.ts';
import type { NotifyApproversInput } from '../../../core/contracts/activities.ts';
import type { TellingMoment } from '../../../core/contracts/telling.ts';
import { createGateWorld } from './check-call-world.ts';
import { otherUuid, workflowId } from './run-tool-world.ts';

const nonce = '00000000-0000-4000-8000-000000000001';

/** A stored request, and a gateway that told of it by two channels, of which one gave up. */
async function asked() {
  const world = await createGateWorld();
  await world.ask();
  const askedAt = world.clock.now();
  const notice = { nonce, state: 'new', attempts: 0, nextAt: 0, place: null, problem: null } as const;
  const times = { toldAt: null, remindedAt: null };
  const tell = async (channel: string, moment: TellingMoment, toldAt: number, problem: string | null = null) => {
    const own = { ...notice, ...times, channel };
    await world.store.takeNotice(own, askedAt);
    const telling = { nonce, channel, moment, dueAt: toldAt, toldAt, reached: [], problem };
    await world.store.saveNotice({ ...own, state: 'told' }, telling);
  };
  return { world, tell, askedAt, notify: createNotifyApprovers({ store: world.store }) };
}

test('names each moment that was told by then, and what gave up', async () => {
  const { tell, askedAt, notify } = await asked();
  expect(await notify({ workflowId, nonce })).toEqual({ channels: [] });
  await tell('slack', 'requested', askedAt + 1);
  await tell('mail', 'gave-up', askedAt + 2, 'the mail server answered 550');
  await tell('slack', 'escalated', askedAt + 3);
  const at = (ms: number): string => new Date(askedAt + ms).toISOString();
  expect(await notify({ workflowId, nonce })).toEqual({
    channels: [
      { channel: 'slack', delivered: true, detail: `requested at ${at(1)}` },
      { channel: 'mail', delivered: false, detail: `gave-up at ${at(2)}: the mail server answered 550` },
      { channel: 'slack', delivered: true, detail: `escalated at ${at(3)}` },
    ],
  });
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
])('says nothing of %s', async (_, input) => {
  const { tell, askedAt, notify } = await asked();
  await tell('slack', 'requested', askedAt + 1);
  expect(await notify(input as NotifyApproversInput)).toEqual({ channels: [] });
});
