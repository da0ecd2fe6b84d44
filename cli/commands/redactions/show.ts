/** `countersign redactions show`: what a mark stands in for, on record with the reason. The one command that prints a secret. */
import { z } from 'zod';
import { markSchema } from '../../../core/contracts/redaction.ts';
import { CountersignError } from '../../../core/errors.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { runId } from '../../run-id.ts';
import { visible } from '../../terminal.ts';

export const redactionsShow = defineCommand({
  usage: 'redactions show <run> <mark>',
  summary: 'Show what redaction took out; recorded before it is shown',
  examples: [
    'redactions show run-0b9c… github-token:3f2a --reason "rotate it, INC-42"',
    'redactions show run-0b9c… "[secret:private-key:91c0]" --reason "rotate it, INC-42" --json',
  ],
  usesGateway: true,
  define: (command) => command.requiredOption('--reason <text>', 'why you need it; kept in the record'),
  options: z.object({ reason: z.string().trim().min(1).max(500) }),
  async run({ terminal, json, config }, [givenRun = '', givenMark = ''], { reason }) {
    const workflowId = runId('show a redaction of', givenRun);
    const mark = markOf(givenMark);
    const { refuseUnsafeText } = await import('../../scan-text.ts');
    await refuseUnsafeText('send the reason of the read', reason);
    const gateway = await connectGateway(config());
    const shown = await terminal.progress('asking', gateway.redactions.show(workflowId, mark, reason));
    if (json) terminal.json({ workflowId, ...shown });
    else for (const secret of shown.secrets) terminal.result(visible(secret));
    if (shown.secrets.length > 1) terminal.talk(`${shown.secrets.length} secrets of the run share this mark`);
    if (shown.underOtherKeys > 0) {
      terminal.talk(`${shown.underOtherKeys} more of this mark are kept under a key that the gateway does not hold`);
    }
    return 0;
  },
});

/** As it stands in a text, or without its frame. */
function markOf(given: string): string {
  const mark = /^\[secret:(.*)\]$/u.exec(given)?.[1] ?? given;
  if (markSchema.safeParse(mark).success) return mark;
  // Not repeated: somebody may have pasted the secret itself.
  throw new CountersignError(
    'input-invalid',
    'Cannot show a redaction: what was given is no mark, expected one such as github-token:3f2a; look at "countersign redactions list"',
  );
}
