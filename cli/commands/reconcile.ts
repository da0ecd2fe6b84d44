/** `countersign reconcile`: says what became of a call whose outcome nobody knows. A wrong answer repeats or loses an effect. */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { shownInput } from '../shown-input.ts';
import { confirm } from '../confirm.ts';
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand } from '../define-command.ts';
import { findApproval } from '../find-approval.ts';
import { approvalLines } from '../show/approval-lines.ts';
import { visible } from '../terminal.ts';

export const reconcile = defineCommand({
  usage: 'reconcile <approval>',
  summary: 'Say whether a call of unknown outcome happened',
  examples: [
    'reconcile 5e8f1c2a --happened --reason "the mail is in the outbox"',
    'reconcile 5e8f1c2a --did-not-happen --reason "the database is still there"',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .option('--happened', 'the effect happened: it is not tried again')
      .option('--did-not-happen', 'it did not: a further try may be asked for')
      .requiredOption('--reason <text>', 'how you know; kept in the record')
      .option('--yes', 'do not ask; needed where nobody can answer'),
  options: z.object({
    happened: z.boolean().default(false),
    didNotHappen: z.boolean().default(false),
    reason: z.string().min(1).max(2000),
    yes: z.boolean().default(false),
  }),
  async run(context, [given = ''], { happened, didNotHappen, reason, yes }) {
    if (happened === didNotHappen) {
      throw new CountersignError(
        'input-invalid',
        `Cannot reconcile "${shownInput(given)}": ${happened ? 'both answers were' : 'no answer was'} given, expected one; add --happened or --did-not-happen`,
      );
    }
    const { refuseUnsafeText } = await import('../scan-text.ts');
    await refuseUnsafeText('send the reason of the answer', reason);
    const { terminal, json, clock } = context;
    const gateway = await connectGateway(context.config());
    const request = await terminal.progress('looking for the request', findApproval(gateway, given));
    for (const line of approvalLines(request, clock.now(), context.typed)) terminal.talk(line);
    if (request.kind !== 'reconcile') {
      throw new CountersignError(
        'input-invalid',
        `Cannot reconcile "${request.nonce}": it asks for an approval, expected a request about an unknown outcome; use "countersign approve" or "deny"`,
      );
    }
    const answer = happened ? 'happened' : 'did-not-happen';
    const { tool, environment, risk } = request.card;
    const question = `Say that ${visible(tool)} on ${visible(environment)} ${happened ? 'happened' : 'did not happen'}`;
    await confirm(context, { question, risk, yes });
    const { nonce, approvalId, cardDigest } = request;
    const result = await terminal.progress(
      'sending the answer',
      gateway.approvals.reconcile(nonce, { answer, cardDigest, reason }),
    );
    if (json) terminal.json({ nonce, approvalId, answer, ...result });
    else terminal.result(`${visible(tool)} ${answer}: recorded`);
    return 0;
  },
});
