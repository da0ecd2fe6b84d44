/**
 * Redaction as activities do it: marks of the same secret are alike within a run, whichever worker made them, and tell nothing
 * across runs. The key of a run's marks is derived and written nowhere: who reads the history cannot try guesses against them.
 */
import { hkdfSync } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { Finding } from '../core/contracts/labels.ts';
import { redactSecrets, sanitiseError, textOfError } from '../guards/index.ts';
import type { KeepRedactions, TakenSecret } from './keep-redactions.ts';

export type Redact = (text: string) => Promise<{ text: string; findings: Finding[] }>;

const mostRuns = 100;

/**
 * @param markKey 32 random bytes: of the deployment, or, where there is none, of this process alone
 * @param currentRun workflow id of the run that an activity serves
 * @param keep for what was taken out; absent: it is gone
 */
export function createRedact(
  markKey: Uint8Array,
  currentRun: () => string = workflowOfActivity,
  keep?: KeepRedactions,
): Redact {
  const keys = new Map<string, Uint8Array>();
  return async (text) => {
    const run = currentRun();
    const key = keys.get(run) ?? keyOfRun(markKey, run);
    if (keys.size >= mostRuns) keys.clear();
    keys.set(run, key);
    if (!keep) return await redactSecrets(text, { markKey: key });
    const taken: TakenSecret[] = [];
    const redacted = await redactSecrets(text, {
      markKey: key,
      onTaken: (mark, secret) => void taken.push({ mark, secret }),
    });
    await keep(run, taken);
    return redacted;
  };
}

/** Errors of tools with the marks of their run: the guard's own, without a key, would count the secrets of each error anew. */
export function createSanitiseError(redact: Redact): (error: unknown) => Promise<string> {
  return async (error) => {
    try {
      return sanitiseError((await redact(textOfError(error))).text);
    } catch {
      return sanitiseError(error);
    }
  };
}

/** HKDF (RFC 5869): who learns the key of one run learns nothing of another's. */
function keyOfRun(markKey: Uint8Array, run: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', markKey, new Uint8Array(), `countersign/v1/mark\n${run}`, 32));
}

/** An activity that somebody started outside a workflow has marks of its own. */
function workflowOfActivity(): string {
  return Context.current().info.workflowExecution?.workflowId ?? '';
}
