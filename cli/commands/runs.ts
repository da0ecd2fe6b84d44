/** `countersign runs`: the runs that the caller may see, newest first. */
import { z } from 'zod';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';
import { runPositionSchema } from '../../client/gateway-schemas.ts';
import { limitSchema, principalOption } from '../option-schemas.ts';
import { runListLines } from '../show/run-lines.ts';

const beforeOption = z.string().refine((text) => runPositionSchema.safeParse(text).success, {
  error: 'expected a time in ms since the Unix epoch, or what the page before printed',
});

export const runs = defineCommand({
  usage: 'runs',
  summary: 'List runs, newest first',
  examples: ['runs', 'runs --limit 5 --json'],
  usesGateway: true,
  define: (command) =>
    command
      .option('--limit <count>', 'at most so many, up to 200', '20')
      .option('--before <time>', 'opened before, ms since the Unix epoch, or the nextBefore of the page before')
      .option('--principal <name>', 'asked for by'),
  options: z.object({
    limit: limitSchema,
    before: beforeOption.optional(),
    principal: principalOption.optional(),
  }),
  async run({ terminal, json, config, clock, typed }, _, { limit, before, principal }) {
    const gateway = await connectGateway(config());
    const list = await terminal.progress(
      'listing runs',
      gateway.runs.list({
        limit,
        ...(before === undefined ? {} : { before }),
        ...(principal === undefined ? {} : { principal }),
      }),
    );
    if (json) terminal.json(list);
    else if (list.runs.length === 0)
      terminal.talk(`There is no run yet; start one with "${typed('run <agent> <text>')}"`);
    else for (const line of runListLines(list.runs, clock.now())) terminal.result(line);
    if (!json && list.nextBefore !== null) terminal.talk(`more: ${typed(`runs --before ${list.nextBefore}`)}`);
    return 0;
  },
});
