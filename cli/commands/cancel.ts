/**
 * `countersign cancel`: asks a run to end cleanly. What is running may still finish; nothing new starts. With `--force` the
 * server ends it, which also ends a run that cannot go on: its record then stops where it stood.
 */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';
import { lookUnlessTooOften } from '../look-again.ts';
import { runId } from '../run-id.ts';
import { hasEnded } from '../show/run-changes.ts';
import { stateText } from '../show/run-lines.ts';

export const cancel = defineCommand({
  usage: 'cancel <run>',
  summary: 'Ask a run to end',
  examples: ['cancel run-0b9c… --reason "wrong service"', 'cancel run-0b9c… --force --reason "stuck since the reset"'],
  usesGateway: true,
  define: (command) =>
    command
      .requiredOption('--reason <text>', 'kept in the record')
      .option('--force', 'end it at the server: for a run that does not end when asked'),
  options: z.object({ reason: z.string().min(1).max(500), force: z.boolean().default(false) }),
  async run({ terminal, json, config, typed }, [given = ''], { reason, force }) {
    const workflowId = runId('cancel', given);
    const { refuseUnsafeText } = await import('../scan-text.ts');
    await refuseUnsafeText('send the reason of the cancellation', reason);
    const gateway = await connectGateway(config());
    // Watchers of the same key may have used up its looks: nothing that stops a run waits for one.
    const look = lookUnlessTooOften(gateway.runs.get(workflowId));
    const detail = await terminal.progress('looking at the run', look);
    if (detail && hasEnded(detail)) {
      throw new CountersignError(
        'conflict',
        `Cannot cancel run "${workflowId}": it has ended (${stateText(detail.run)}), expected an open run; nothing is left to do`,
      );
    }
    await terminal.progress('asking', gateway.runs.cancel(workflowId, reason, force));
    if (json) terminal.json({ workflowId, status: force ? 'terminated' : 'requested' });
    else if (force)
      terminal.result(`${workflowId}: ended; what it may have done shows ${typed(`replay ${workflowId}`)}`);
    else terminal.result(`${workflowId}: asked to end; see it end with ${typed(`watch ${workflowId}`)}`);
    return 0;
  },
});
