/**
 * Tells approvers that a request waits for them. What they are told is rendered from the stored card, and carries no
 * authority: answering is done through the gateway.
 */
import type { NotifyApproversInput, NotifyApproversResult } from '../core/contracts/activities.ts';
import { cardSchema } from '../core/contracts/approval.ts';
import type { Card } from '../core/contracts/approval.ts';
import { messageOf } from '../core/errors.ts';
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
  channels: readonly NoticeChannel[];
}

export function createNotifyApprovers(
  dependencies: NotifyApproversDependencies,
): (input: NotifyApproversInput) => Promise<NotifyApproversResult> {
  return async ({ workflowId, nonce }) => {
    const row = await dependencies.store.getAsk(nonce);
    // Anybody can start an activity: only a stored ask of that run is worth a message.
    if (row?.workflowId !== workflowId || row.ask.body.verdict !== 'ask') return { channels: [] };
    const { approvers } = row.ask.body.ask.terms;
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
