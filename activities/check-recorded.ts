/**
 * A receipt and output from the store, checked before anybody is told of them: a writer of the database must not be able to
 * say that a call ran, nor to tell the model what a tool answered.
 */
import type { ToolOutput } from '../core/contracts/activities.ts';
import { type SignedReceipt, signedReceiptSchema } from '../core/contracts/receipt.ts';
import { digestText } from '../core/digest.ts';
import { type KeyRegistry, openEnvelope } from '../core/envelope.ts';
import type { Store } from '../store/store.ts';
import { cutUtf8, longestOutputBytes } from './run-tool/shape-output.ts';

export interface RecordedReader {
  registry: KeyRegistry;
  audience: string;
  store: Pick<Store, 'getBody'>;
}

/** Whose receipt it must be: a genuine one of another call would tell the wrong story. */
export interface RecordedCall {
  callKey: string;
  try: number;
}

/** A writer of the database must not be able to say what a probe found or what a target looked like. */
export function isGenuineReceipt(
  { registry, audience }: Pick<RecordedReader, 'registry' | 'audience'>,
  receipt: SignedReceipt,
): boolean {
  return openEnvelope(receipt, { schema: signedReceiptSchema, audience, registry, now: null }).kind === 'opened';
}

/**
 * @returns what is wrong with it, or undefined. A cut output whose whole text is gone cannot be checked and is wrong, too.
 * @throws {CountersignError} when the store is out of reach
 */
export async function faultOfRecorded(
  { registry, audience, store }: RecordedReader,
  call: RecordedCall,
  receipt: SignedReceipt,
  output: ToolOutput,
): Promise<string | undefined> {
  const opened = openEnvelope(receipt, { schema: signedReceiptSchema, audience, registry, now: null });
  if (opened.kind === 'rejected') return 'the stored receipt does not verify';
  const { body } = opened.signed;
  const { outputDigest } = body;
  if (body.callKey !== call.callKey || body.try !== call.try) return 'the stored receipt is of another call';
  return (await isOutputOf(store, output, outputDigest))
    ? undefined
    : 'the stored output is not the one that was signed';
}

async function isOutputOf(store: RecordedReader['store'], output: ToolOutput, outputDigest: string): Promise<boolean> {
  if (!output.truncated) return output.bodyDigest === null && digestText('body', output.text) === outputDigest;
  if (output.bodyDigest !== outputDigest) return false;
  const whole = await store.getBody(outputDigest);
  return whole !== null && cutUtf8(whole, longestOutputBytes) === output.text;
}
