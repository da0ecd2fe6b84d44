/**
 * What conditions see of the target: the state that a signed receipt of this try holds. Where its text is not what was
 * signed, or was cut, they see that something was read and nothing of it: a condition on it then fails, which denies.
 */
import { digestText } from '../../core/digest.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { readingOf } from './gating.ts';
import type { Standing } from './standing.ts';

/** Undefined: nothing was read yet. */
export async function readTarget(
  { store }: Pick<CheckCallDependencies, 'store'>,
  standing: Standing,
  tryNumber: number,
  argumentsDigest: string,
): Promise<{ state: unknown } | undefined> {
  const receipt = readingOf(standing, tryNumber, argumentsDigest);
  if (!receipt || receipt.targetStateDigest === null) return undefined;
  const stored = await store.receiptByPermit(receipt.permitDigest);
  if (!stored || stored.output.truncated || digestText('body', stored.output.text) !== receipt.outputDigest) {
    return { state: null };
  }
  try {
    return { state: JSON.parse(stored.output.text) as unknown };
  } catch {
    return { state: null };
  }
}
