/** `countersign grants list`: what stands or waits for its votes, in words. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { limitSchema } from '../../option-schemas.ts';
import { runId } from '../../run-id.ts';
import { grantViewLines } from '../../show/grant-lines.ts';

export const grantsList = defineCommand({
  usage: 'grants list',
  summary: 'List grants that stand or wait for approvals',
  examples: ['grants list', 'grants list --all --agent ops --json'],
  usesGateway: true,
  define: (command) =>
    command
      .option('--all', 'also those that ended')
      .option('--run <run>', 'made with a request of one run')
      .option('--agent <agent>', 'of one agent')
      .option('--limit <count>', 'at most so many', '50'),
  options: z.object({
    all: z.boolean().default(false),
    run: z.string().optional(),
    agent: z.string().optional(),
    limit: limitSchema,
  }),
  async run({ terminal, json, config }, _, { all, run, agent, limit }) {
    const gateway = await connectGateway(config());
    const grants = await terminal.progress(
      'listing grants',
      gateway.grants.list({
        state: all ? 'all' : 'live',
        limit,
        ...(run === undefined ? {} : { workflowId: runId('list grants of', run) }),
        ...(agent === undefined ? {} : { agent }),
      }),
    );
    if (json) terminal.json({ grants });
    else if (grants.length === 0) terminal.talk(all ? 'There are no grants' : 'No grant stands or waits for approvals');
    else for (const grant of grants) for (const line of grantViewLines(grant)) terminal.result(line);
    return 0;
  },
});
