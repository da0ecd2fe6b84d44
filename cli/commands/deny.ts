/** `countersign deny`: a person's no, with its reason. It is remembered for the whole run. */
import { z } from 'zod';
import { castVote } from '../cast-vote.ts';
import { defineCommand } from '../define-command.ts';

export const deny = defineCommand({
  usage: 'deny <approval>',
  summary: 'Deny a request: its nonce, the beginning of it, or its approval id',
  examples: ['deny 5e8f1c2a --reason "not on a Friday"', 'deny 5e8f1c2a --reason "this run goes wrong" --stop --yes'],
  usesGateway: true,
  define: (command) =>
    command
      .requiredOption('--reason <text>', 'kept in the record and told to the model')
      .option('--stop', 'end the run, too')
      .option('--yes', 'do not ask; needed where nobody can answer'),
  options: z.object({
    reason: z.string().min(1).max(2000),
    stop: z.boolean().default(false),
    yes: z.boolean().default(false),
  }),
  run: async (context, [approval = ''], { reason, stop, yes }) =>
    await castVote(context, { approval, verdict: 'deny', reason, stop, yes }),
});
