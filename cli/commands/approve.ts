/** `countersign approve`: shows the card, asks, and votes for exactly that card; with `--grant` also for calls like it. */
import { z } from 'zod';
import { castVote } from '../cast-vote.ts';
import { defineCommand } from '../define-command.ts';
import { defineGrantOptions, grantOptions } from '../read-grant-options.ts';

export const approve = defineCommand({
  usage: 'approve <approval>',
  summary: 'Approve a request: its nonce, the beginning of it, or its approval id',
  examples: [
    'approve 5e8f1c2a',
    'approve 5e8f1c2a --reason "checked with the owner" --yes',
    "approve 5e8f1c2a --grant --like 'service=web-*' --uses 5 --for 30m",
    'approve 5e8f1c2a --grant k3v9x0a1b2c3',
  ],
  usesGateway: true,
  define: (command) =>
    defineGrantOptions(
      command
        .option('--reason <text>', 'kept in the record')
        .option('--yes', 'do not ask; needed where nobody can answer'),
    ),
  options: z.object({
    reason: z.string().min(1).max(2000).optional(),
    yes: z.boolean().default(false),
    ...grantOptions,
  }),
  run: async (context, [approval = ''], { reason, yes, ...grant }) =>
    await castVote(context, { approval, verdict: 'approve', reason, yes, grant }),
});
