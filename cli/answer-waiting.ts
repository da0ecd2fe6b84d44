/**
 * Answering one request after another at a terminal: the card, then a letter. Approving what is critical needs the exact word
 * `yes` on top, as everywhere. A request that somebody else answered meanwhile is said and passed over.
 */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import { castVote } from './cast-vote.ts';
import { connectGateway } from './connect-gateway.ts';
import type { CommandContext } from './context.ts';
import { editCall } from './edit/edit-call.ts';
import { findApproval } from './find-approval.ts';
import { printApproval } from './list-approvals.ts';
import { approvalLines } from './show/approval-lines.ts';
import { visible } from './terminal.ts';
import { wholeArgumentsLines } from './show/whole-arguments.ts';
import { wholeWordsLines } from './show/whole-words.ts';

type Answered = 'answered' | 'skipped' | 'quit';

/**
 * @returns false: the person has had enough
 * @throws {CountersignError} `input-invalid` where nobody can be asked
 */
export async function answerEach(context: CommandContext, found: readonly ApprovalView[]): Promise<boolean> {
  for (const approval of found) {
    // What became of an effect is another question, with another command.
    if (approval.kind !== 'call') {
      printApproval(context, approval);
      continue;
    }
    try {
      if ((await answerWaiting(context, approval)) === 'quit') return false;
    } catch (error) {
      // Of this request: somebody was quicker, or the word was not yes. What nobody could be asked ends it all.
      if (!(error instanceof CountersignError) || error.code === 'input-invalid') throw error;
      context.terminal.talk(error.message);
    }
  }
  return true;
}

/** @throws {CountersignError} `input-invalid` where nobody can be asked */
async function answerWaiting(context: CommandContext, { nonce }: ApprovalView): Promise<Answered> {
  const { terminal, ask, clock } = context;
  if (!ask) {
    throw new CountersignError(
      'input-invalid',
      'Cannot answer requests here: nobody can be asked, expected a terminal; use "countersign approve" and "countersign deny"',
    );
  }
  const gateway = await connectGateway(context.config());
  const approval = await findApproval(gateway, nonce);
  if (!approval.open) return 'skipped';
  for (const line of approvalLines(approval, clock.now(), context.typed)) terminal.talk(line);
  for (const line of await wholeArgumentsLines(gateway, approval)) terminal.talk(line);
  for (const line of await wholeWordsLines(gateway, approval)) terminal.talk(line);
  const mayEdit = approval.editing?.mayEdit === true;
  const letter = await askForLetter(context, ask, mayEdit);
  if (letter === 'q') return 'quit';
  if (letter === 's') return 'skipped';
  if (letter === 'e') {
    const why = approval.approvers.reasonRequired ? (await ask('Why: ')).trim() : '';
    const said = why === '' ? {} : { reason: why };
    await editCall(context, { approval: nonce, form: 'json', yes: false, shown: approval, ...said });
    return 'answered';
  }
  const verdict = letter === 'a' ? 'approve' : 'deny';
  const isNeeded = verdict === 'deny' || approval.approvers.reasonRequired;
  const reason = isNeeded ? (await ask(verdict === 'deny' ? 'Why (may be empty): ' : 'Why: ')).trim() : '';
  // The letter was the confirmation; what is critical is asked for once more.
  const needsWord = approval.card.risk === 'critical' || approval.approvers.confirmation !== null;
  const yes = verdict === 'deny' || !needsWord;
  await castVote(context, {
    approval: nonce,
    verdict,
    reason: reason === '' ? undefined : reason,
    yes,
    shown: approval,
  });
  return 'answered';
}

const letters = ['a', 'd', 'e', 's', 'q'] as const;

/** Asks again for what is none of them; an empty line passes the request over, and so does the end of what can be read. */
async function askForLetter(
  { terminal }: CommandContext,
  ask: NonNullable<CommandContext['ask']>,
  mayEdit: boolean,
): Promise<(typeof letters)[number]> {
  for (;;) {
    const typed = (await ask(`a approve, d deny, ${mayEdit ? 'e edit, ' : ''}s skip, q quit: `)).trim().toLowerCase();
    if (typed === '') return 's';
    const letter = letters.find((one) => one === typed && (mayEdit || one !== 'e'));
    if (letter !== undefined) return letter;
    terminal.talk(`"${visible(typed.slice(0, 40))}" is none of these; nothing was sent`);
  }
}
