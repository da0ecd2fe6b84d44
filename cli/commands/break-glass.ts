/** `countersign break-glass`: answers a request alone, where its terms name a role for that; others review it afterwards. */
import { z } from 'zod';
import { castVote } from '../cast-vote.ts';
import { defineCommand } from '../define-command.ts';

export const breakGlass = defineCommand({
  usage: 'break-glass <approval>',
  summary: 'Answer a request alone, in an emergency: with a reason, told to everybody, and reviewed by two others',
  examples: ['break-glass 5e8f1c2a --reason "the site is down and nobody else of the rota answers"'],
  usesGateway: true,
  define: (command) => command.requiredOption('--reason <text>', 'why it cannot wait for the others; they review it'),
  options: z.object({ reason: z.string().trim().min(1).max(2000) }),
  run: async (context, [approval = ''], { reason }) =>
    await castVote(context, { approval, verdict: 'break-glass', reason, yes: false }),
});
