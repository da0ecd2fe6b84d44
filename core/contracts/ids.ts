/**
 * Names of things (contracts.md §2): every id that is signed, stored or shown has its one form here.
 */
import { z } from 'zod';
import { callKeyPattern, uuid } from './call-names.ts';

export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest: sha256: and 64 digits of 0-9 and a-f');
/** Milliseconds since the Unix epoch. */
export const timestampSchema = z.int().min(0);
export const workflowIdSchema = z.string().regex(new RegExp(`^run-${uuid}$`), 'the id of a run: run- and a UUID');
/** A Temporal run id: one link of a run's chain. */
export const linkRunIdSchema = z.string().regex(new RegExp(`^${uuid}$`));
export const nonceSchema = z.string().regex(new RegExp(`^${uuid}$`), 'the nonce of a request: a UUID');
/** `<workflow id>/<turn>.<index>` */
export const callKeySchema = z.string().regex(callKeyPattern);
export const grantIdSchema = z.string().regex(/^[a-z0-9]{12}$/, 'the id of a grant: 12 of a-z and 0-9');
export const toolNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'the name of a tool: a-z, 0-9 and _, at most 64');
export const agentNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'the name of an agent: a-z, 0-9 and -, at most 64');
/** Who somebody is: a person or a service account, as the identity provider or the key file names it. */
export const principalSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,199}$/, 'a name without spaces, at most 200');
export const roleSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/);
/** A group of people, as a policy declares it. */
export const groupNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

/** A layer of policy: what is above may only be tightened by what is below. */
export const layerKindSchema = z.enum(['organisation', 'team', 'pack']);
export type LayerKind = z.infer<typeof layerKindSchema>;
/** `organisation`, the name of a team, or of an agent. */
export const layerNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

export const purposes = ['execute', 'probe', 'target-state', 'dry-run', 'void'] as const;
export const purposeSchema = z.enum(purposes);
export type Purpose = z.infer<typeof purposeSchema>;
