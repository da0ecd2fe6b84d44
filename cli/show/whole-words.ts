/**
 * All that a tool said of a call before anybody was asked, where its card cuts it: the state of the target, the dry run. Nothing
 * is shown that does not have the digest that the card names.
 */
import type { Countersign } from '../../client/gateway-client.ts';
import type { ApprovalView, WordsAbout } from '../../client/gateway-schemas.ts';
import { unlinked } from '../../core/card/unlinked.ts';
import type { ToolWords } from '../../core/contracts/approval.ts';
import { digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import { makeVisible } from '../../core/make-visible.ts';

/** No lines where the card shows everything. @throws {CountersignError} `record-invalid`, `not-found` */
export async function wholeWordsLines(gateway: Countersign, { card, nonce }: ApprovalView): Promise<string[]> {
  return [
    ...(await linesOf(gateway, nonce, 'target', card.target)),
    ...(await linesOf(gateway, nonce, 'dry-run', card.dryRun)),
  ];
}

async function linesOf(gateway: Countersign, nonce: string, about: WordsAbout, words?: ToolWords): Promise<string[]> {
  if (words?.body === undefined) return [];
  const { text } = await gateway.approvals.words(nonce, about);
  if (digestText('body', text) !== words.body) {
    throw new CountersignError(
      'record-invalid',
      `Cannot show approval "${nonce}": what was said of its ${about} has another digest than its card says, expected the same; do not answer, tell whoever runs the gateway`,
    );
  }
  return [`  ${about}, all ${text.length} characters, in the words of the tool:`, `  ${unlinked(makeVisible(text))}`];
}
