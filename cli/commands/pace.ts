/** `countersign pace`: how fast people approve, and who does so sooner than a card can be read. */
import { z } from 'zod';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';
import { dayCountSchema } from '../option-schemas.ts';
import { durationText } from '../show/format.ts';
import { visible } from '../terminal.ts';

const dayMs = 24 * 60 * 60_000;

export const pace = defineCommand({
  usage: 'pace',
  summary: 'Show how fast people approve, and how often sooner than a card can be read',
  examples: ['pace', 'pace --days 7 --json'],
  usesGateway: true,
  define: (command) => command.option('--days <count>', 'of so many days', '30'),
  options: z.object({ days: dayCountSchema }),
  async run({ terminal, json, config, clock }, _, { days }) {
    const gateway = await connectGateway(config());
    const from = Math.max(0, clock.now() - days * dayMs);
    const shown = await terminal.progress('looking at approvals', gateway.approvals.pace(from));
    if (json) {
      terminal.json(shown);
      return 0;
    }
    if (shown.approvers.length === 0) terminal.talk(`Nobody approved anything within ${days} days`);
    for (const { principal, approvals, medianMs, tooSoon } of shown.approvers) {
      const soon = tooSoon === 0 ? 'none too soon' : `${tooSoon} too soon to have been read`;
      const counted = approvals === 1 ? '1 approval' : `${approvals} approvals`;
      terminal.result(`${visible(principal)}: ${counted}, half within ${durationText(medianMs)}, ${soon}`);
    }
    if (!shown.complete) terminal.talk('There were more; ask for fewer days to have all of them counted');
    return 0;
  },
});
