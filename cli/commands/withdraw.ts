/** `countersign withdraw`: takes back one's own approval, until the call has started. */
import { z } from 'zod';
import type { VoteResult } from '../../client/gateway-schemas.ts';
import { exitCodes } from '../exit-codes.ts';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';
import { findApproval } from '../find-approval.ts';
import { visible } from '../terminal.ts';

const notCounted = 'withdrawn; it does not count any more, and what has not started does not start by it';
const words: Readonly<Record<VoteResult['status'], string>> = {
  applied: notCounted,
  recorded: notCounted,
  rejected: notCounted,
  duplicate: 'you had withdrawn it before',
  late: 'too late, the call had started; what has started is not undone',
};

export const withdraw = defineCommand({
  usage: 'withdraw <approval>',
  summary: 'Take back your approval of a request: its nonce, the beginning of it, or its approval id',
  examples: ['withdraw 5e8f1c2a', 'withdraw 5e8f1c2a --reason "I had read the wrong card"'],
  usesGateway: true,
  define: (command) =>
    command
      .option('--reason <text>', 'kept in the record')
      .option('--yes', 'as with "approve"; what takes an approval back asks nothing anyway'),
  options: z.object({ reason: z.string().min(1).max(2000).optional(), yes: z.boolean().default(false) }),
  async run(context, [given = ''], { reason }) {
    const { terminal, json, typed } = context;
    if (reason !== undefined) {
      const { refuseUnsafeText } = await import('../scan-text.ts');
      await refuseUnsafeText('send the reason of "withdraw"', reason);
    }
    const gateway = await connectGateway(context.config());
    const { nonce, approvalId, tool, grants } = await terminal.progress(
      'looking for the request',
      findApproval(gateway, given),
    );
    const request = { channel: 'terminal' as const, ...(reason === undefined ? {} : { reason }) };
    const result = await terminal.progress('withdrawing', gateway.approvals.withdraw(nonce, request));
    if (json) terminal.json({ nonce, approvalId, verdict: 'withdraw', ...result });
    else {
      terminal.result(`approval of ${visible(tool)}: ${words[result.status]}`);
      // Also where it was too late for the call: nothing more starts by a grant that stood on it.
      for (const { grantId } of grants) {
        terminal.result(`grant ${grantId}: no longer approved by you; look at "${typed(`grants show ${grantId}`)}"`);
      }
    }
    return result.status === 'late' ? exitCodes.ended : exitCodes.done;
  },
});
