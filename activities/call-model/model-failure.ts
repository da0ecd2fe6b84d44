/**
 * Faults of a model call as Temporal sees them: `type` is a code of the closed set, `nonRetryable` is stated, the
 * provider's `retry-after` is obeyed. No key, no body and no provider's sentence gets into a message: some providers
 * repeat the key in theirs. The original error is never attached as cause, because Temporal would record its text.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { type ErrorCode, errorMeanings } from '../../core/contracts/errors.ts';
import { CountersignError } from '../../core/errors.ts';

/** Longest wait a provider may ask for, ms: a hostile one must not park a run for a year. */
export const longestRetryDelayMs = 5 * 60_000;

/** Provider's codes that may be repeated; anything else in that field is somebody else's text. */
const knownProviderCodes = new Set([
  'billing_hard_limit_reached',
  'content_filter',
  'content_policy_violation',
  'context_length_exceeded',
  'insufficient_quota',
  'invalid_api_key',
  'invalid_prompt',
  'model_not_found',
  'rate_limit_exceeded',
  'server_error',
  'string_above_max_length',
  'unsupported_parameter',
  'unsupported_value',
]);
const retryableStatuses = new Set([408, 409, 429]);

export interface FailureOptions {
  /** @default the code's own verdict */
  nonRetryable?: boolean;
  nextRetryDelayMs?: number | undefined;
  details?: { status: number | null; providerCode: string | null };
}

export function failure(code: ErrorCode, message: string, options: FailureOptions = {}): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: options.nonRetryable ?? !errorMeanings[code].retry,
    ...(options.nextRetryDelayMs === undefined ? {} : { nextRetryDelay: options.nextRetryDelayMs }),
    ...(options.details ? { details: [options.details] } : {}),
  });
}

/** Any thrown value as something that may cross Temporal; an unknown one loses its text, which may hold anything. */
export function toFailure(error: unknown, otherwise: ErrorCode, action: string): ApplicationFailure | CancelledFailure {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof CountersignError) return failure(error.code, error.message);
  return failure(otherwise, `Cannot ${action}: ${errorMeanings[otherwise].meaning}, expected an answer`);
}

/** What the openai package threw, mapped as temporal.md says. */
export function modelFailure(error: unknown, call: { model: string; now: number }): ApplicationFailure {
  const action = `Cannot call model ${JSON.stringify(call.model)}`;
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof APIConnectionTimeoutError) return timedOut(call.model);
  if (error instanceof APIConnectionError) {
    return failure('model-unavailable', `${action}: the provider cannot be reached, expected an answer`);
  }
  if (error instanceof APIError && typeof error.status === 'number') {
    const status: number = error.status;
    const providerCode = known(error.code);
    const what = `${action}: the provider answered ${status}${providerCode ? ` (${providerCode})` : ''}, expected 200`;
    const details = { status, providerCode };
    if (retryableStatuses.has(status) || status >= 500) {
      const headers: unknown = error.headers;
      return failure('model-unavailable', what, {
        nextRetryDelayMs: headers instanceof Headers ? retryDelayMs(headers, call.now) : undefined,
        details,
      });
    }
    return failure('model-refused', `${what}; ${remedyByStatus[status] ?? 'check the model’s settings'}`, { details });
  }
  return failure('model-unavailable', `${action}: the answer cannot be read, expected an answer of the OpenAI API`);
}

export function timedOut(model: string): ApplicationFailure {
  return failure(
    'model-unavailable',
    `Cannot call model ${JSON.stringify(model)}: no answer in time, expected one within model.requestTimeoutMs`,
  );
}

/** An answer that carries its own error (status `failed`). */
export function failedAnswer(model: string, code: unknown): ApplicationFailure {
  const providerCode = known(code);
  const what = `Cannot call model ${JSON.stringify(model)}: the answer failed${providerCode ? ` (${providerCode})` : ''}, expected a completed one`;
  const details = { status: 200, providerCode };
  const passing = code === 'server_error' || code === 'rate_limit_exceeded' || providerCode === null;
  return failure(passing ? 'model-unavailable' : 'model-refused', what, { details });
}

/** Wait asked for by `retry-after-ms` or `retry-after` (seconds or a date), ms; undefined when neither is readable. */
export function retryDelayMs(headers: Headers, now: number): number | undefined {
  const exact = nonNegative(headers.get('retry-after-ms'));
  if (exact !== undefined) return bounded(exact);
  const after = headers.get('retry-after');
  const seconds = nonNegative(after);
  if (seconds !== undefined) return bounded(seconds * 1000);
  const date = after === null ? Number.NaN : Date.parse(after);
  return Number.isNaN(date) ? undefined : bounded(Math.max(0, date - now));
}

const remedyByStatus: Record<number, string> = {
  400: 'check the model’s settings and the size of the transcript',
  401: 'check OPENAI_API_KEY',
  403: 'check what OPENAI_API_KEY may use',
  404: 'check model.name, model.api and OPENAI_BASE_URL',
  422: 'check model.api and the tools’ schemas',
};

function known(code: unknown): string | null {
  return typeof code === 'string' && knownProviderCodes.has(code) ? code : null;
}

function nonNegative(text: string | null): number | undefined {
  return text !== null && /^\s*[0-9]+(\.[0-9]+)?\s*$/.test(text) ? Number(text) : undefined;
}

function bounded(delayMs: number): number {
  return Math.min(Math.ceil(delayMs), longestRetryDelayMs);
}
