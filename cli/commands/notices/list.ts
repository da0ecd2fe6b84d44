/** `countersign notices list`: what could not be told, of all channels; the same list for Slack, mail and webhooks. */
import { z } from 'zod';
import { noticeStateSchema } from '../../../client/channel-schemas.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { limitSchema } from '../../option-schemas.ts';
import { noticeLine } from '../../show/notice-line.ts';

const states = noticeStateSchema.options;

export const noticesList = defineCommand({
  usage: 'notices list',
  summary: 'List requests that a channel could not tell people of',
  examples: ['notices list', 'notices list --in waiting --json'],
  usesGateway: true,
  define: (command) =>
    command
      .option('--in <state>', `in this state: ${states.join(', ')}`, 'gave-up')
      .option('--limit <count>', 'at most so many', '50'),
  options: z.object({
    in: z.enum(states, { error: `expected one of ${states.join(', ')}` }),
    limit: limitSchema,
  }),
  async run({ terminal, json, config }, _, { in: state, limit }) {
    const gateway = await connectGateway(config());
    const notices = await terminal.progress('listing notices', gateway.notices.list({ state, limit }));
    if (json) terminal.json({ notices });
    else if (notices.length === 0) terminal.talk(`No notice is in state ${state}`);
    else for (const notice of notices) terminal.result(noticeLine(notice));
    return 0;
  },
});
