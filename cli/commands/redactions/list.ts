/** `countersign redactions list`: which secrets of a run are kept, by mark, and who read them. It shows none. */
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand, noOptions } from '../../define-command.ts';
import { runId } from '../../run-id.ts';
import { visible } from '../../terminal.ts';

export const redactionsList = defineCommand({
  usage: 'redactions list <run>',
  summary: 'What redaction took out of a run and is kept, and who read it',
  examples: ['redactions list run-0b9c…', 'redactions list run-0b9c… --json'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, config }, [given = '']) {
    const workflowId = runId('list the redactions of', given);
    const gateway = await connectGateway(config());
    const list = await terminal.progress('asking', gateway.redactions.list(workflowId));
    if (json) {
      terminal.json({ workflowId, ...list });
      return 0;
    }
    for (const { mark, keyId, keptAt } of list.redactions) {
      const other = keyId === list.keyId ? '' : `  under key ${keyId}, which the gateway does not hold`;
      terminal.result(`[secret:${mark}]  kept ${new Date(keptAt).toISOString()}${other}`);
    }
    for (const { mark, outcome, by, reason, readAt } of list.reads) {
      terminal.result(`${new Date(readAt).toISOString()}  ${by} read ${mark}: ${outcome} (${visible(reason)})`);
    }
    if (list.redactions.length === 0) terminal.talk('nothing that was redacted is kept of this run');
    return 0;
  },
});
