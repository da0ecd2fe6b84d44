/**
 * The guards of a pack, checked: each well defined, and each under an id of its own. An own guard that bore the id of another
 * would be judged by what the policy says of that one, and its findings would pass for that one's in the record.
 */
import { messageOf } from '../core/errors.ts';
import { builtInGuards, checkGuard, type Guard } from '../guards/index.ts';
import { type PackProblem, wholeFile } from './pack-problem.ts';

/** `default` is all guards that a policy does not name; in the name of the others the gate itself speaks. */
const reservedIds: readonly string[] = [
  ...builtInGuards.map(({ id }) => id),
  'default',
  'compliance',
  'untrusted-values',
  'after-tool',
  'model-input',
  'model-answer',
];

/** All that a policy of this pack may name. */
export function guardIds(own: readonly Guard[]): string[] {
  return [...reservedIds, ...own.map(({ id }) => id)];
}

/** @param file where they are defined, for problems. Of a list with problems the guards are those that are well defined. */
export function readOwnGuards(
  file: string,
  exported: readonly unknown[],
): { guards: Guard[]; problems: PackProblem[] } {
  const guards: Guard[] = [];
  const problems: PackProblem[] = [];
  const taken = new Set(reservedIds);
  for (const value of exported) {
    try {
      const guard = checkGuard(value);
      if (taken.has(guard.id)) {
        const found = reservedIds.includes(guard.id)
          ? `the guard "${guard.id}", whose id is taken by Countersign itself`
          : `the guard "${guard.id}" a second time`;
        problems.push(wholeFile(file, found, 'each id once', 'rename it'));
      }
      taken.add(guard.id);
      guards.push(guard);
    } catch (error) {
      problems.push(wholeFile(file, messageOf(error), 'guards made by defineGuard', 'correct the definition'));
    }
  }
  return { guards, problems };
}
