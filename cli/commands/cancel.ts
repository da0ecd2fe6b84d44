/** `countersign cancel`: asks a run to end cleanly. What is running may still finish; nothing new starts. */
import { z } from 'zod';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';

export const cancel = defineCommand({
  usage: 'cancel <run>',
  summary: 'Ask a run to end',
  examples: ['cancel run-0b9c… --reason "wrong service"'],
  usesGateway: true,
  define: (command) => command.requiredOption('--reason <text>', 'kept in the record'),
  options: z.object({ reason: z.string().min(1).max(500) }),
  async run({ terminal, json, config }, [workflowId = ''], { reason }) {
    const { refuseUnsafeText } = await import('../scan-text.ts');
    await refuseUnsafeText('send the reason of the cancellation', reason);
    const gateway = await connectGateway(config());
    await terminal.progress('asking', gateway.runs.cancel(workflowId, reason));
    if (json) terminal.json({ workflowId, status: 'requested' });
    else terminal.result(`${workflowId}: asked to end; see it end with countersign watch ${workflowId}`);
    return 0;
  },
});
