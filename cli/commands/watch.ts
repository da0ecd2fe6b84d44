/** `countersign watch`: a run's changes as they come, until it ends or you stop watching. */
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand, noOptions } from '../define-command.ts';
import { lookUnlessTooOften } from '../look-again.ts';
import { runId } from '../run-id.ts';
import { runHeader } from '../show/run-lines.ts';
import { watchToEnd } from '../watch-to-end.ts';

export const watch = defineCommand({
  usage: 'watch <run>',
  summary: 'Watch a run live, until it ends',
  examples: ['watch run-0b9c…', 'watch run-0b9c… --json'],
  usesGateway: true,
  options: noOptions,
  async run(context, [given = '']) {
    const workflowId = runId('watch', given);
    const config = context.config();
    // A run that does not exist is said at once, not waited for.
    const gateway = await connectGateway(config);
    const look = lookUnlessTooOften(gateway.runs.get(workflowId));
    const detail = await context.terminal.progress('looking at the run', look);
    if (detail) context.terminal.talk(runHeader(detail.run));
    return await watchToEnd(context, config, workflowId, 'changes');
  },
});
