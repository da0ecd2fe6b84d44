/**
 * Says into the run's own history whom the gateway's channels have told of a request by then. The gateways do the telling, from
 * the signed ask in the store: a worker that is down keeps no reminder from anybody. Nothing waits for what this finds, and
 * nothing is approved or denied by it.
 */
import { z } from 'zod';
import type { NotifyApproversInput, NotifyApproversResult } from '../core/contracts/activities.ts';
import { nonceSchema, workflowIdSchema } from '../core/contracts/ids.ts';
import type { Store } from '../store/store.ts';

export interface NotifyApproversDependencies {
  store: Pick<Store, 'getAsk' | 'tellingsOf'>;
}

const inputShape = z.looseObject({ workflowId: workflowIdSchema, nonce: nonceSchema });
/** The store has all of them; a history grows with every one. */
const mostTellings = 50;

export function createNotifyApprovers({
  store,
}: NotifyApproversDependencies): (input: NotifyApproversInput) => Promise<NotifyApproversResult> {
  return async (input) => {
    // Anybody can start an activity, with whatever input: it says nothing of another run's requests.
    const given = inputShape.safeParse(input);
    if (!given.success) return { channels: [] };
    const { workflowId, nonce } = given.data;
    const row = await store.getAsk(nonce);
    if (row?.workflowId !== workflowId) return { channels: [] };
    const tellings = (await store.tellingsOf(nonce)).slice(0, mostTellings);
    const channels = tellings.map(({ channel, moment, toldAt, problem }) => {
      const detail = `${moment} at ${new Date(toldAt).toISOString()}${problem === null ? '' : `: ${problem}`}`;
      return { channel, delivered: problem === null, detail };
    });
    return { channels };
  };
}
