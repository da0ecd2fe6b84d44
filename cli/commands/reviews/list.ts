/** `countersign reviews list`: what somebody answered alone, and whether others have signed for it. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { limitSchema } from '../../option-schemas.ts';
import { reviewLines } from '../../show/review-lines.ts';

export const reviewsList = defineCommand({
  usage: 'reviews list',
  summary: 'List open reviews of break-glass, newest first',
  examples: ['reviews list', 'reviews list --all --json'],
  usesGateway: true,
  define: (command) =>
    command.option('--all', 'also those that are signed').option('--limit <count>', 'at most so many', '50'),
  options: z.object({ all: z.boolean().default(false), limit: limitSchema }),
  async run({ terminal, json, config, clock }, _, { all, limit }) {
    const gateway = await connectGateway(config());
    const state = all ? 'all' : 'open';
    const list = await terminal.progress('listing reviews', gateway.reviews.list({ state, limit }));
    if (json) terminal.json(list);
    else if (list.reviews.length === 0) terminal.talk(all ? 'Nobody broke the glass' : 'No review is open');
    else for (const one of list.reviews) for (const line of reviewLines(one, clock.now())) terminal.result(line);
    return 0;
  },
});
