/**
 * The one error class. It carries a code of the closed set and a message of the form
 * `Cannot <action> <"thing">: <what is>, expected <what must be>; <remedy>`, never a secret or raw input.
 */
import { type ErrorCode, errorMeanings } from './contracts/errors.ts';

export class CountersignError extends Error {
  readonly code: ErrorCode;
  override readonly name = 'CountersignError';

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same request may succeed later without anybody changing it. */
  get retryable(): boolean {
    return errorMeanings[this.code].retry;
  }
}

/** Whether a thrown value is ours, and of this code. */
export function hasErrorCode(error: unknown, code: ErrorCode): error is CountersignError {
  return error instanceof CountersignError && error.code === code;
}

/** The system's code of an error (`ENOENT`), where it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Text of an unknown thrown value, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
