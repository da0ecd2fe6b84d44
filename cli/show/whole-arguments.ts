/**
 * The arguments of a request, whole, where its card cuts them or holds what a reader cannot judge at a glance. Nothing is
 * shown that does not have the digest that the card names.
 */
import type { Countersign } from '../../client/gateway-client.ts';
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import { unlinked } from '../../core/card/unlinked.ts';
import { digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import { makeVisible } from '../../core/make-visible.ts';

/** No lines where the card shows everything. @throws {CountersignError} `record-invalid`, `not-found` */
export async function wholeArgumentsLines(gateway: Countersign, { card, nonce }: ApprovalView): Promise<string[]> {
  if (!card.argumentsCut) return [];
  const { arguments: text } = await gateway.approvals.arguments(nonce);
  if (digestText('arguments', text) !== card.argumentsDigest) {
    throw new CountersignError(
      'record-invalid',
      `Cannot show approval "${nonce}": its whole arguments have another digest than its card says, expected the same; do not answer, tell whoever runs the gateway`,
    );
  }
  return [`  arguments, all ${text.length} characters:`, `  ${unlinked(makeVisible(text))}`];
}
