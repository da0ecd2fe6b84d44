/**
 * Names of things (contracts.md §2): every id that is signed, stored or shown has its one form here.
 */
import { z } from 'zod';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Numbers without leading zeros: a second spelling of a key would be a second fence row of the same call. */
const callKeyPattern = new RegExp(`^(run-${uuid})/(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,3})$`);

export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);
/** Milliseconds since the Unix epoch. */
export const timestampSchema = z.int().min(0);
export const workflowIdSchema = z.string().regex(new RegExp(`^run-${uuid}$`));
/** A Temporal run id: one link of a run's chain. */
export const linkRunIdSchema = z.string().regex(new RegExp(`^${uuid}$`));
export const nonceSchema = z.string().regex(new RegExp(`^${uuid}$`));
/** `<workflow id>/<turn>.<index>` */
export const callKeySchema = z.string().regex(callKeyPattern);
export const toolNameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
export const agentNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
/** Who somebody is: a person or a service account, as the identity provider or the key file names it. */
export const principalSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,199}$/);
export const roleSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/);

/** A layer of policy: what is above may only be tightened by what is below. */
export const layerKindSchema = z.enum(['organisation', 'team', 'pack']);
export type LayerKind = z.infer<typeof layerKindSchema>;
/** `organisation`, the name of a team, or of an agent. */
export const layerNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

export const purposes = ['execute', 'probe', 'target-state', 'dry-run', 'void'] as const;
export const purposeSchema = z.enum(purposes);
export type Purpose = z.infer<typeof purposeSchema>;

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
  const hex = call.argumentsDigest.slice('sha256:'.length, 'sha256:'.length + 16);
  return `${turn}.${index}.${call.try}.${call.pass}:${call.purpose}:${call.tool}:${hex}`;
}
