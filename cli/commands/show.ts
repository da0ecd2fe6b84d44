/** `countersign show`: all that the gateway says of one run now. */
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand, noOptions } from '../define-command.ts';
import { runId } from '../run-id.ts';
import { runDetailLines } from '../show/run-lines.ts';

export const show = defineCommand({
  usage: 'show <run>',
  summary: 'Show one run: state, calls, what it waits for, result',
  examples: ['show run-0b9c…', 'show run-0b9c… --json'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, config, clock }, [given = '']) {
    const workflowId = runId('show', given);
    const gateway = await connectGateway(config());
    const detail = await terminal.progress('looking at the run', gateway.runs.get(workflowId));
    if (json) terminal.json(detail);
    else for (const line of runDetailLines(detail, clock.now())) terminal.result(line);
    return 0;
  },
});
