/**
 * Reading and writing what the columns hold as text. A row that does not parse, or whose columns say something else than
 * the signed object in it, is `record-invalid`: somebody changed the database. Signatures are the reader's business.
 */
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { ToolOutput } from '../../core/contracts/activities.ts';
import { type SignedVote, signedVoteSchema } from '../../core/contracts/approval.ts';
import { type SignedControl, signedControlSchema } from '../../core/contracts/control.ts';
import { type SignedDecision, signedDecisionSchema } from '../../core/contracts/decision.ts';
import { digestSchema } from '../../core/contracts/ids.ts';
import { type SignedReceipt, signedReceiptSchema } from '../../core/contracts/receipt.ts';
import { type SignedTicket, signedTicketSchema } from '../../core/contracts/ticket.ts';
import { CountersignError, hasErrorCode } from '../../core/errors.ts';

const toolOutputSchema = z.strictObject({
  text: z.string(),
  truncated: z.boolean(),
  bodyDigest: digestSchema.nullable(),
});

export const toText = canonicalJson;

export const readTicket = (text: string): SignedTicket => read('ticket', signedTicketSchema, text);
export const readDecision = (text: string): SignedDecision => read('decision', signedDecisionSchema, text);
export const readVote = (text: string): SignedVote => read('vote', signedVoteSchema, text);
export const readReceipt = (text: string): SignedReceipt => read('receipt', signedReceiptSchema, text);
export const readControlRecord = (text: string): SignedControl => read('control record', signedControlSchema, text);
export const readOutput = (text: string): ToolOutput => read('tool output', toolOutputSchema, text);

/** JSON that this store wrote and nobody parses further. */
export function readJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(what, 'it is not JSON', error);
  }
}

function read<T>(what: string, schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(readJson(what, text));
  // The issues may quote what a row holds, so they stay out of the message.
  if (!parsed.success) throw invalid(what, 'it does not have the shape of one');
  return parsed.data;
}

/** @throws CountersignError `record-invalid` unless every pair is equal */
export function rowMustAgree(what: string, pairs: readonly (readonly [unknown, unknown])[]): void {
  if (pairs.some(([column, signed]) => column !== signed))
    throw invalid(what, 'its columns and its signed content differ');
}

/** Where one changed row must not keep the others from whoever reads them: it is handed over, and undefined. */
export function readUnlessChanged<R, T>(row: R, read: (row: R) => T, onInvalid?: (row: R) => void): T | undefined {
  try {
    return read(row);
  } catch (error) {
    if (!onInvalid || !hasErrorCode(error, 'record-invalid')) throw error;
    onInvalid(row);
    return undefined;
  }
}

/** @throws CountersignError `internal-fault` unless every pair is equal: the caller mixed up two records */
export function argumentsMustAgree(what: string, pairs: readonly (readonly [unknown, unknown])[]): void {
  if (pairs.every(([given, signed]) => given === signed)) return;
  throw new CountersignError(
    'internal-fault',
    `Cannot store a "${what}": what is said about it differs from what is signed in it, expected the same; this is a defect`,
  );
}

export function invalid(what: string, found: string, cause?: unknown): CountersignError {
  return new CountersignError(
    'record-invalid',
    `Cannot read a stored "${what}": ${found}, expected what this store wrote; restore the database from a backup`,
    { cause },
  );
}

/** @throws CountersignError `not-found` */
export function noSuchRun(workflowId: string): CountersignError {
  return new CountersignError(
    'not-found',
    `Cannot change run "${workflowId}": no ticket was claimed for it, expected a claimed run; open the run first`,
  );
}
