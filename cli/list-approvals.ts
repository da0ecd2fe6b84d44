/** One look at what waits for an answer, as `approvals` prints it and `watch --approve` asks about it. */
import type { ApprovalView, UnreadableRequest } from '../client/gateway-schemas.ts';
import { connectGateway } from './connect-gateway.ts';
import type { CommandContext } from './context.ts';
import { answerLines, approvalLines, unreadableLines } from './show/approval-lines.ts';

export interface Listed {
  found: ApprovalView[];
  /** Whose rows in the store are not what a gateway signed. */
  unreadable: UnreadableRequest[];
  /** Others may be open besides. */
  more: boolean;
}

export interface WhichApprovals {
  state: 'open' | 'all';
  /** Only those that the caller may answer. */
  mayAnswer: boolean;
  limit: number;
  /** Of one run. */
  workflowId?: string;
}

/** @throws {CountersignError} as the gateway answers */
export async function listApprovals(context: CommandContext, which: WhichApprovals): Promise<Listed> {
  const gateway = await connectGateway(context.config());
  const { approvals: found, unreadable = [], more = false } = await gateway.approvals.list(which);
  return { found, unreadable, more };
}

export function printApproval({ terminal, clock, typed }: CommandContext, approval: ApprovalView): void {
  const lines = [...approvalLines(approval, clock.now(), typed), ...answerLines(approval, typed)];
  for (const line of lines) terminal.result(line);
  terminal.result('');
}

export function printUnreadable({ terminal, typed }: CommandContext, one: UnreadableRequest): void {
  for (const line of unreadableLines(one, typed)) terminal.result(line);
  terminal.result('');
}
