/**
 * One read of the Temporal server, with a deadline: without one a call to a server that is away would be tried again for
 * as long as the caller lives.
 */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { CountersignError, messageOf } from '../core/errors.ts';

export const answerWithinMs = 3000;
const grpcNotFound = 5;

/** @returns undefined where the server knows no such thing. @throws {CountersignError} `server-unavailable` */
export async function askServer<T>(client: Client, action: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + answerWithinMs, call);
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === grpcNotFound) return undefined;
    throw serverUnavailable(action, error);
  }
}

/** @param action for the message, such as `describe run "run-…"` */
export function serverUnavailable(action: string, error: unknown): CountersignError {
  return new CountersignError(
    'server-unavailable',
    `Cannot ${action}: the Temporal server did not answer (${messageOf(error).slice(0, 200)}), expected an answer within ${answerWithinMs} ms; check the server`,
    { cause: error },
  );
}
