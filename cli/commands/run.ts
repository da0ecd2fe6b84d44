/** `countersign run`: starts a run through the gateway and shows its way to the end. Stopping to watch stops nothing. */
import { z } from 'zod';
import { agentNameSchema } from '../../core/contracts/ids.ts';
import { CountersignError } from '../../core/errors.ts';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';
import { principalOption } from '../option-schemas.ts';
import { watchToEnd } from '../watch-to-end.ts';

export const run = defineCommand({
  usage: 'run <agent> <text>',
  summary: 'Start a run of an agent and wait for its end',
  examples: [
    'run ops "why is the shop slow?"',
    'run ops "restart the shop" --no-wait --json',
    'run ops "clean up old backups" --dry-run',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .option('--no-wait', 'print the run id and return')
      .option('--wait', 'show the run until its end (default)')
      .option('--dry-run', 'decide about every call, run no effect')
      .option('--on-behalf-of <principal>', 'for whom you ask; may not approve either'),
  options: z.object({
    wait: z.boolean().default(true),
    dryRun: z.boolean().default(false),
    onBehalfOf: principalOption.optional(),
  }),
  async run(context, [agent = '', text = ''], { wait, dryRun, onBehalfOf }) {
    if (!agentNameSchema.safeParse(agent).success) {
      throw new CountersignError(
        'input-invalid',
        `Cannot start a run of "${agent.slice(0, 60)}": it is no agent name, expected lower-case letters, digits and hyphens; give the name that agent.yaml says`,
      );
    }
    if (text.trim() === '') {
      throw new CountersignError(
        'input-invalid',
        `Cannot start a run of "${agent}": its text is empty, expected what the agent should do; write it in quotes`,
      );
    }
    const { refuseUnsafeText } = await import('../scan-text.ts');
    await refuseUnsafeText(`start a run of "${agent}"`, text);
    const { terminal, json } = context;
    const config = context.config();
    const gateway = await connectGateway(config);
    const started = await terminal.progress(
      'starting the run',
      gateway.runs.start({ agent, input: text, dryRun, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) }),
    );
    const { workflowId, linkRunId } = started;
    if (!wait) {
      if (json) terminal.json({ workflowId, linkRunId });
      else terminal.result(workflowId);
      return 0;
    }
    terminal.talk(`run ${workflowId}${dryRun ? ' (dry-run: no effect happens)' : ''}`);
    return await watchToEnd(context, config, workflowId, 'result');
  },
});
