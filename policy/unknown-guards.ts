/**
 * Entries under `guards` that name no guard: one that was meant to deny more would change nothing, and nobody would hear of it.
 * Only where the guards are known: several agents, each with guards of its own, may share the policy of an organisation.
 */
import { suggest } from '../core/suggest.ts';
import { type Complaint, quote } from './problems.ts';
import type { PolicySource } from './schema.ts';

/** @param known ids; absent: not known */
export function unknownGuardComplaints({ guards = {} }: PolicySource, known?: readonly string[]): Complaint[] {
  if (!known) return [];
  return Object.keys(guards)
    .filter((guard) => !known.includes(guard))
    .map((guard) => ({
      path: ['guards', guard],
      atKey: true,
      found: `the guard ${quote(guard)}`,
      expected: '"default", a guard of Countersign’s ("countersign guards list") or one of the pack’s',
      remedy: suggest(guard, known, 'delete the entry'),
    }));
}
