/**
 * Answering a request with other arguments: show the card, take what the person wrote, show what it changes, ask, send. What the
 * gateway refuses is said with its place and can be mended; nothing that was written is lost.
 */
import { text as textOf } from 'node:stream/consumers';
import type { Countersign } from '../../client/gateway-client.ts';
import type { ApprovalView, VoteResult } from '../../client/gateway-schemas.ts';
import { compareArguments } from '../../core/card/compare-arguments.ts';
import { editableJson } from '../../core/card/editable-json.ts';
import { digestText } from '../../core/digest.ts';
import { codeOf, CountersignError, messageOf } from '../../core/errors.ts';
import { confirm } from '../confirm.ts';
import { connectGateway } from '../connect-gateway.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { findApproval } from '../find-approval.ts';
import { bytesOfFileOrPipe } from '../open-file.ts';
import { answeredText, approvalLines } from '../show/approval-lines.ts';
import { visible } from '../terminal.ts';
import { openEditorFile } from './editor-file.ts';
import { readEdited, type TextForm } from './read-edited.ts';

/** Of arguments; no gateway takes as many. */
const mostBytes = 1024 * 1024;

export interface EditOrder {
  /** Nonce, its beginning, or approval id. */
  approval: string;
  /** File of the arguments, `-` for standard input; undefined: an editor is opened. */
  file?: string | undefined;
  form: TextForm;
  reason?: string | undefined;
  yes: boolean;
  /** What was shown before; it is then neither found nor shown again. */
  shown?: ApprovalView;
}

/** @returns the exit code. @throws {CountersignError} */
export async function editCall(context: CommandContext, order: EditOrder): Promise<number> {
  const { terminal, clock } = context;
  if (order.reason !== undefined) await refuseUnsafe('send the reason of "edit"', order.reason);
  const gateway = await connectGateway(context.config());
  const found =
    order.shown ?? (await terminal.progress('looking for the request', findApproval(gateway, order.approval)));
  if (!order.shown) for (const line of approvalLines(found, clock.now(), context.typed)) terminal.talk(line);
  refuseHopeless(found, order.reason);
  if (found.editing?.warning) terminal.talk(`Before you edit it: ${visible(found.editing.warning)}`);
  const before = await wholeArguments(gateway, found);
  const send = async (text: string) => await sendOnce(context, gateway, { ...order, shown: found }, before, text);
  const result =
    order.file === undefined
      ? await withEditor(context, order, before, send)
      : await send(await readText(context, order.file));
  const { nonce, approvalId } = found;
  if (context.json) terminal.json({ nonce, approvalId, verdict: 'edit', ...result });
  else terminal.result(`edit of ${visible(found.tool)}: ${wordsOf(result)}`);
  return exitOf(result);
}

/** Until it was taken, or the person leaves it. */
async function withEditor(
  context: CommandContext,
  { form }: EditOrder,
  before: string,
  send: (text: string) => Promise<VoteResult>,
): Promise<VoteResult> {
  const { ask, environment, terminal } = context;
  if (!ask) {
    throw new CountersignError(
      'input-invalid',
      'Cannot open an editor here: this is no terminal, expected one; give the arguments with --arguments <file> and add --yes',
    );
  }
  const initial = await initialText(before, form);
  const file = await openEditorFile(environment, initial, form);
  let isLoss = false;
  try {
    for (;;) {
      try {
        const text = await file.edit();
        isLoss = text !== initial;
        const result = await send(text);
        isLoss = false;
        return result;
      } catch (error) {
        if (!(error instanceof CountersignError) || !mendable.has(error.code)) throw error;
        terminal.talk(visible(error.message));
        const again = (await ask('e edit it again, q leave it: ')).trim().toLowerCase();
        if (again !== 'e') throw error;
      }
    }
  } finally {
    // What somebody wrote is kept; what nobody changed is nothing to keep.
    if (isLoss) terminal.talk(`What you wrote is kept in ${file.path}; send it with --arguments`);
    else await file.remove();
  }
}

/** What another text may mend; a request that is over, or somebody who may not, is not. */
const mendable: ReadonlySet<string> = new Set(['input-invalid', 'input-refused', 'conflict']);

async function initialText(canonical: string, form: TextForm): Promise<string> {
  const json = editableJson(canonical) ?? canonical;
  if (form === 'json') return `${json}\n`;
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(canonical), { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}

async function sendOnce(
  context: CommandContext,
  gateway: Countersign,
  { form, reason, yes, shown }: EditOrder & { shown: ApprovalView },
  before: string,
  text: string,
): Promise<VoteResult> {
  const { terminal } = context;
  const read = readEdited(text, form);
  if (read.kind === 'problem') {
    throw new CountersignError(
      'input-invalid',
      `Cannot send the arguments: ${read.problem}; correct them, nothing was sent`,
    );
  }
  const after = JSON.stringify(read.value);
  await refuseUnsafe('send the edited arguments', after);
  const { changes, more } = compareArguments(before, after);
  if (changes.length === 0) {
    throw new CountersignError(
      'input-invalid',
      'Cannot send the arguments: they are those the call has, expected other ones; change them, or approve the request',
    );
  }
  for (const { path, before: old, after: now } of changes) {
    terminal.talk(
      `  ${visible(path === '' ? '(all)' : path)}: ${visible(old ?? 'absent')} → ${visible(now ?? 'absent')}`,
    );
  }
  if (more > 0) terminal.talk(`  and ${more} more`);
  const { card, nonce, cardDigest } = shown;
  const question = `End this request and ask anew for ${visible(card.tool)} on ${visible(card.environment)} with these`;
  await confirm(context, { question, risk: 'low', yes });
  return await terminal.progress(
    'sending the edit',
    gateway.approvals.edit(nonce, {
      arguments: { ...read.value },
      cardDigest,
      channel: 'terminal',
      ...(reason === undefined ? {} : { reason }),
    }),
  );
}

async function readText({ stdin }: CommandContext, file: string): Promise<string> {
  try {
    return await textOf(bounded(file === '-' || file === '/dev/stdin' ? stdin : bytesOfFileOrPipe(file)));
  } catch (error) {
    if (error instanceof CountersignError) throw error;
    throw new CountersignError(
      'not-found',
      `Cannot read "${file}": ${codeOf(error) ?? messageOf(error)}, expected a file of arguments; check its path`,
    );
  }
}

/** What is longer is refused before more of it is read: a pipe may never end. */
async function* bounded(parts: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    read += bytes.length;
    if (read > mostBytes) {
      throw new CountersignError(
        'input-invalid',
        `Cannot read the arguments: they are longer than ${mostBytes} bytes, expected at most as many; send fewer`,
      );
    }
    yield bytes;
  }
}

async function wholeArguments(gateway: Countersign, { nonce, card }: ApprovalView): Promise<string> {
  const { arguments: text } = card.argumentsCut ? await gateway.approvals.arguments(nonce) : card;
  if (!card.argumentsCut || digestText('arguments', text) === card.argumentsDigest) return text;
  throw new CountersignError(
    'record-invalid',
    `Cannot edit "${nonce}": its whole arguments have another digest than its card says, expected the same; do not answer, tell whoever runs the gateway`,
  );
}

async function refuseUnsafe(what: string, text: string): Promise<void> {
  const { refuseUnsafeText } = await import('../scan-text.ts');
  await refuseUnsafeText(what, text);
}

/** What the gateway would refuse anyway is said before anybody writes anything. */
function refuseHopeless(
  { nonce, open, outcome, editing, approvers, you }: ApprovalView,
  reason: string | undefined,
): void {
  const cannot = (code: 'conflict' | 'forbidden' | 'input-invalid', is: string, remedy: string) =>
    new CountersignError(code, `Cannot edit "${nonce}": ${is}, expected an open request that you may edit; ${remedy}`);
  if (!open) throw cannot('conflict', `it is ${outcome ?? 'closed'}`, 'look at "countersign approvals"');
  if (you.answered !== undefined) {
    throw cannot(
      'conflict',
      `you have answered it (${answeredText(you)}), and have one answer`,
      'ask somebody who may',
    );
  }
  if (editing && !editing.mayEdit)
    throw cannot('forbidden', editing.reason ?? 'you may not', 'approve or deny it, or ask somebody who may');
  if (approvers.reasonRequired && reason === undefined) {
    throw cannot('input-invalid', 'its terms demand a reason', 'add --reason "…"');
  }
}

function wordsOf(result: VoteResult): string {
  switch (result.status) {
    case 'applied':
      return isTaken(result)
        ? 'taken; where the call still needs an approval it is asked about anew, by somebody else: look at "countersign approvals"'
        : `counted, but the request is ${result.outcome}`;
    case 'recorded':
      return 'recorded; the run has not answered yet, the edit reaches it when a worker is back';
    case 'late':
      return 'too late, the request was no longer open';
    case 'duplicate':
      return `not taken: ${visible(result.reason ?? 'you had answered it before')}`;
    case 'rejected':
      return `not taken: ${visible(result.reason ?? 'no reason given')}`;
  }
}

function isTaken(result: VoteResult): boolean {
  return result.status === 'applied' && (result.outcome === null || result.outcome === 'superseded');
}

function exitOf(result: VoteResult): number {
  if (isTaken(result) || result.status === 'recorded') return exitCodes.done;
  return result.status === 'rejected' ? exitCodes.refused : exitCodes.ended;
}
