/** One line of `countersign setup`: what was looked at, and how it is now. */
import { type ErrorCode, errorMeanings } from '../../core/contracts/errors.ts';
import { CountersignError, messageOf } from '../../core/errors.ts';
import { exitCodes } from '../exit-codes.ts';

export interface SetUpStep {
  name: string;
  /** `missing`: not there, and only looked at. */
  state: 'ok' | 'made' | 'missing' | 'failed';
  detail: string;
  /** What to do; present exactly when it is missing or failed. */
  remedy?: string;
  /** Of a failure. */
  code?: ErrorCode;
}

/** A step that fails is said, and the others are taken all the same. */
export async function setUpStep(name: string, remedy: string, take: () => Promise<SetUpStep[]>): Promise<SetUpStep[]> {
  try {
    return await take();
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : 'internal-fault';
    return [{ name, state: 'failed', detail: messageOf(error).slice(0, 500), remedy, code }];
  }
}

export function exitOfSteps(steps: readonly SetUpStep[]): number {
  const failed = steps.find(({ code }) => code !== undefined);
  if (failed?.code !== undefined) return errorMeanings[failed.code].exit;
  return steps.every(({ state }) => state === 'ok' || state === 'made') ? exitCodes.done : exitCodes.failed;
}
