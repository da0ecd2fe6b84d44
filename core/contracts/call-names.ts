/**
 * The names of a call and of what is made of it (contracts.md §2), as functions. Without a schema library: each run of a
 * workflow evaluates what its code imports, and the schemas of these names are in `ids.ts`.
 */
import type { Purpose } from './ids.ts';

export const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Numbers without leading zeros: a second spelling of a key would be a second fence row of the same call. */
export const callKeyPattern = new RegExp(`^(run-${uuid})/(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,3})$`);

/** No ticket allows more calls in a turn; a forged answer of the model may hold any number. */
export const mostCallsPerTurn = 128;

export function callKeyOf(workflowId: string, turn: number, index: number): string {
  return `${workflowId}/${turn}.${index}`;
}

/** The request's name for people; rows and votes are keyed by its nonce. */
export function approvalIdOf(callKey: string, round: number): string {
  return `${callKey}/${round}`;
}

export interface CallPosition {
  turn: number;
  index: number;
}

/** @throws {TypeError} when the text is not a call key. */
export function parseCallKey(callKey: string): CallPosition & { workflowId: string } {
  const match = callKeyPattern.exec(callKey);
  if (!match) throw new TypeError('Cannot read a call key: it has another form, expected <workflow id>/<turn>.<index>');
  return { workflowId: String(match[1]), turn: Number(match[2]), index: Number(match[3]) };
}

/**
 * `<turn>.<index>.<try>.<pass>:<purpose>:<tool>:<16 hex of the arguments digest>`. Temporal's replay compares activity
 * ids but not arguments; the digest in the id makes it prove the arguments too.
 */
export function activityIdOf(call: {
  callKey: string;
  try: number;
  pass: number;
  purpose: Purpose;
  tool: string;
  argumentsDigest: string;
}): string {
  const { turn, index } = parseCallKey(call.callKey);
  return `${turn}.${index}.${call.try}.${call.pass}:${call.purpose}:${call.tool}:${shortDigestOf(call.argumentsDigest)}`;
}

/** What `activityIdOf` writes: numbers, words of this program, the name of a tool and 16 hex digits. */
export const activityIdPattern = /^(?:\d{1,6}\.){3}\d{1,6}:[a-z-]{1,20}:[a-z][a-z0-9_]{0,63}:[0-9a-f]{16}$/;

/** As activity ids end: the first 16 hex digits of the arguments digest. */
export function shortDigestOf(argumentsDigest: string): string {
  return argumentsDigest.slice('sha256:'.length, 'sha256:'.length + 16);
}
