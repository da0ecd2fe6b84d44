/** The keys that a place in a policy may have, for the advice in a problem. */
import { keysAt as keysIn } from '../core/schema-keys.ts';
import type { PathPart } from './problems.ts';
import { policySourceSchema } from './schema.ts';

export function keysAt(path: readonly PathPart[]): readonly string[] {
  return keysIn(policySourceSchema, path);
}
