/**
 * The question before an answer that counts. Nobody at a terminal means no, unless `--yes` was typed; for critical risk only
 * the exact word `yes` counts, so that a habit of pressing y approves nothing.
 */
import type { Risk } from '../core/contracts/labels.ts';
import { CountersignError } from '../core/errors.ts';
import type { CommandContext } from './context.ts';

export interface Confirmation {
  /** With verb and target, such as `Approve delete_database on prod`. */
  question: string;
  risk: Risk;
  /** `--yes` */
  yes: boolean;
}

/** @throws {CountersignError} `input-invalid` where nobody can be asked, `conflict` when the person said no */
export async function confirm(
  { ask }: Pick<CommandContext, 'ask'>,
  { question, risk, yes }: Confirmation,
): Promise<void> {
  if (yes) return;
  if (!ask) {
    throw new CountersignError(
      'input-invalid',
      'Cannot ask for a confirmation: this is no terminal, expected one; look at the card and add --yes',
    );
  }
  const wanted = risk === 'critical' ? 'type the word yes' : 'y/N';
  const answer = (await ask(`${question}? [${wanted}] `)).trim();
  const agreed = risk === 'critical' ? answer === 'yes' : /^y(es)?$/iu.test(answer);
  if (agreed) return;
  throw new CountersignError(
    'conflict',
    'Cannot go on: it was not confirmed, expected a yes; nothing was sent, the request is still open',
  );
}
