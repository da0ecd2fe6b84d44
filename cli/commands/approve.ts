/** `countersign approve`: shows the card, asks, and votes for exactly that card. */
import { z } from 'zod';
import { castVote } from '../cast-vote.ts';
import { defineCommand } from '../define-command.ts';

export const approve = defineCommand({
  usage: 'approve <approval>',
  summary: 'Approve a request: its nonce, the beginning of it, or its approval id',
  examples: ['approve 5e8f1c2a', 'approve 5e8f1c2a --reason "checked with the owner" --yes'],
  usesGateway: true,
  define: (command) =>
    command
      .option('--reason <text>', 'kept in the record')
      .option('--yes', 'do not ask; needed where nobody can answer'),
  options: z.object({ reason: z.string().min(1).max(2000).optional(), yes: z.boolean().default(false) }),
  run: async (context, [approval = ''], { reason, yes }) =>
    await castVote(context, { approval, verdict: 'approve', reason, yes }),
});
