/**
 * Answering one request after another at a terminal: the card, then a letter. Approving what is critical needs the exact word
 * `yes` on top, as everywhere. What was typed and is refused is asked for again; a request that somebody else answered
 * meanwhile is said and passed over. Nothing that is typed ends it but `q` and Ctrl-C.
 */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import { showsSomething } from '../core/shows-something.ts';
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
type Ask = NonNullable<CommandContext['ask']>;

/**
 * @returns false: the person has had enough
 * @throws {CountersignError} `input-invalid` where nobody can be asked
 */
export async function answerEach(context: CommandContext, found: readonly ApprovalView[]): Promise<boolean> {
  const stop = context.takeStop();
  for (const approval of found) {
    if (stop.aborted) break;
    // What became of an effect is another question, with another command.
    if (approval.kind !== 'call') {
      printApproval(context, approval);
      continue;
    }
    if (!context.ask) {
      throw new CountersignError(
        'input-invalid',
        'Cannot answer requests here: nobody can be asked, expected a terminal; use "countersign approve" and "countersign deny"',
      );
    }
    try {
      if ((await answerWaiting(context, context.ask, approval)) === 'quit') return false;
    } catch (error) {
      // It could not be shown.
      sayRefusal(context, error);
    }
  }
  return true;
}

/** Asks about it until it is answered, passed over, or nothing that the caller may answer any more. */
async function answerWaiting(context: CommandContext, ask: Ask, { nonce }: ApprovalView): Promise<Answered> {
  const { terminal, clock } = context;
  const gateway = await connectGateway(context.config());
  let shown: string | undefined;
  for (;;) {
    const approval = await findApproval(gateway, nonce);
    const { open, you, cardDigest } = approval;
    if (!open || you.answered !== undefined || !(you.mayAnswer || you.mayDeny)) return 'skipped';
    if (cardDigest !== shown) {
      for (const line of approvalLines(approval, clock.now(), context.typed)) terminal.talk(line);
      for (const line of await wholeArgumentsLines(gateway, approval)) terminal.talk(line);
      for (const line of await wholeWordsLines(gateway, approval)) terminal.talk(line);
      shown = cardDigest;
    }
    const letter = await askForLetter(context, ask, approval.editing?.mayEdit === true);
    if (letter === 'q') return 'quit';
    if (letter === 's') return 'skipped';
    try {
      if (await answerWith(context, ask, letter, approval)) return 'answered';
    } catch (error) {
      // A secret in the reason, a word that was not yes, or somebody was quicker: the next look tells whether it still waits.
      sayRefusal(context, error);
    }
  }
}

function sayRefusal({ terminal }: CommandContext, error: unknown): void {
  if (!(error instanceof CountersignError)) throw error;
  terminal.talk(visible(error.message));
}

/** @returns false: no reason was typed where one is needed. @throws {CountersignError} see `castVote` and `editCall` */
async function answerWith(
  context: CommandContext,
  ask: Ask,
  letter: 'a' | 'd' | 'e',
  approval: ApprovalView,
): Promise<boolean> {
  const { nonce, approvers, card } = approval;
  const reason = await askForReason(context, ask, letter, approvers.reasonRequired);
  if (reason === 'none-given') return false;
  if (letter === 'e') {
    await editCall(context, { approval: nonce, form: 'json', yes: false, shown: approval, ...reason });
    return true;
  }
  const verdict = letter === 'a' ? 'approve' : 'deny';
  // The letter was the confirmation; what is critical is asked for once more.
  const needsWord = card.risk === 'critical' || approvers.confirmation !== null;
  const yes = verdict === 'deny' || !needsWord;
  await castVote(context, { approval: nonce, verdict, reason: reason.reason, yes, shown: approval });
  return true;
}

/** Asks a second time for one that is needed; who gives none then either is back at the letters, and so is the end of what can be read. */
async function askForReason(
  { terminal }: CommandContext,
  ask: Ask,
  letter: 'a' | 'd' | 'e',
  isRequired: boolean,
): Promise<{ reason?: string } | 'none-given'> {
  if (!isRequired && letter !== 'd') return {};
  const question = isRequired ? 'Why (its terms require a reason): ' : 'Why (may be empty): ';
  for (const isAgain of [false, true]) {
    if (isAgain) terminal.talk('A reason that can be read is needed: its terms require one; nothing was sent');
    const reason = (await ask(question)).trim();
    if (showsSomething(reason)) return { reason };
    if (!isRequired) return {};
  }
  return 'none-given';
}

const letters = ['a', 'd', 'e', 's', 'q'] as const;

/** Asks again for what is none of them; an empty line passes the request over, and so does the end of what can be read. */
async function askForLetter(
  { terminal }: CommandContext,
  ask: Ask,
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
