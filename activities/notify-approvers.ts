/**
 * Tells approvers that a request waits for them. What they are told is rendered from the stored card, and carries no
 * authority: answering is done through the gateway.
 */
import { z } from 'zod';
import type { NotifyApproversInput, NotifyApproversResult } from '../core/contracts/activities.ts';
import { cardSchema } from '../core/contracts/approval.ts';
import { nonceSchema, workflowIdSchema } from '../core/contracts/ids.ts';
import type { Card } from '../core/contracts/approval.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { joinSets } from '../policy/index.ts';
import type { Store } from '../store/store.ts';

export interface ApprovalNotice {
  workflowId: string;
  nonce: string;
  card: Card;
  /** Who may answer. */
  approvers: { roles: string[]; principals: string[] };
}

/** A channel tells; it never answers. */
export interface NoticeChannel {
  readonly name: string;
  /** @returns what to keep in the record, such as a message id. */
  deliver(notice: ApprovalNotice): Promise<string>;
}

export interface NotifyApproversDependencies {
  store: Pick<Store, 'getAsk'>;
  clock: Clock;
  channels: readonly NoticeChannel[];
}

const inputShape = z.looseObject({ workflowId: workflowIdSchema, nonce: nonceSchema });

export function createNotifyApprovers(
  dependencies: NotifyApproversDependencies,
): (input: NotifyApproversInput) => Promise<NotifyApproversResult> {
  return async (input) => {
    // Anybody can start an activity, with whatever input: only an open ask of that run is worth a message.
    const given = inputShape.safeParse(input);
    if (!given.success) return { channels: [] };
    const { workflowId, nonce } = given.data;
    const row = await dependencies.store.getAsk(nonce);
    if (row?.workflowId !== workflowId || row.outcome !== null || row.ask.body.verdict !== 'ask')
      return { channels: [] };
    const { askedAt, terms } = row.ask.body.ask;
    const { escalation } = terms;
    const isEscalated = escalation !== undefined && dependencies.clock.now() >= askedAt + escalation.afterMs;
    const approvers = isEscalated ? joinSets(terms.approvers, escalation.to) : terms.approvers;
    const notice = { workflowId, nonce, card: cardSchema.parse(JSON.parse(row.card)), approvers };
    const channels = await Promise.all(dependencies.channels.map((channel) => deliver(channel, notice)));
    return { channels };
  };
}

async function deliver(
  channel: NoticeChannel,
  notice: ApprovalNotice,
): Promise<NotifyApproversResult['channels'][number]> {
  try {
    return { channel: channel.name, delivered: true, detail: await channel.deliver(notice) };
  } catch (error) {
    return { channel: channel.name, delivered: false, detail: messageOf(error).slice(0, 200) };
  }
}
