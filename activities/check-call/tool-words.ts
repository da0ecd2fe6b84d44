/**
 * What a tool said of a call before anybody is asked, for its card: the state of its target, its dry run. From the signed receipt
 * and the text that has its digest, redacted by the tools worker; what is not there any more is said to be gone, never left out.
 */
import { cutInTheMiddle } from '../../core/card/build-card.ts';
import type { ToolWords } from '../../core/contracts/approval.ts';
import type { ReceiptBody } from '../../core/contracts/receipt.ts';
import { faultOfRecorded } from '../check-recorded.ts';
import type { CheckCallDependencies } from './dependencies.ts';

/** Characters of one text on a card. */
export const longestToolWords = 1500;

export async function toolWordsOf(dependencies: CheckCallDependencies, receipt: ReceiptBody): Promise<ToolWords> {
  const { outputDigest: digest, labels, findings, endedAt: at } = receipt;
  const whole = await textOf(dependencies, receipt);
  const ended = whole !== undefined && receipt.outcome !== 'failed';
  const text = whole ?? 'What it said is not in the store any more, or was changed';
  return {
    ended,
    text: cutInTheMiddle(text, longestToolWords),
    length: text.length,
    digest,
    // Approvers open the whole by it.
    ...(text.length > longestToolWords ? { body: await dependencies.store.putBody(text) } : {}),
    labels,
    ...(findings ? { findings } : {}),
    at,
  };
}

async function textOf(
  { store, registry, audience }: CheckCallDependencies,
  { permitDigest, callKey, try: tryNumber, outputDigest }: ReceiptBody,
): Promise<string | undefined> {
  const stored = await store.receiptByPermit(permitDigest);
  if (stored?.receipt.body.outputDigest !== outputDigest) return undefined;
  const { receipt, output } = stored;
  const call = { callKey, try: tryNumber };
  const fault = await faultOfRecorded({ store, registry, audience }, call, receipt, output);
  if (fault !== undefined) return undefined;
  return output.bodyDigest === null ? output.text : ((await store.getBody(output.bodyDigest)) ?? undefined);
}
