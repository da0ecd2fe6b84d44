/**
 * Which values of a condition hold words of a closed list, such as `tool.risk` or `principal.roles`. A text outside of the
 * list never equals such a value, so a rule that compares the two says something else than it seems to. What a pack, a
 * tool or a guard may add to (tags, guards, rules, environments) is not in the table.
 */
import { findingSchema, labelSchema, riskSchema } from '../core/contracts/labels.ts';
import { shellClasses } from '../core/contracts/shell-class.ts';
import { effectClassSchema } from '../core/contracts/tool.ts';
import { weekdays } from './functions/local-time.ts';
import { effects } from './schema-words.ts';

export interface ClosedWords {
  readonly words: readonly string[];
  /** Where the policy declares them itself: the noun for one, and the key that declares it. */
  readonly declared?: { readonly noun: string; readonly under: string; readonly example: (word: string) => string };
}

/**
 * By the place of the value; `*` stands for any key. A list holds the words that its elements are.
 * @param declared what this policy declares: no other role or group of a principal ever reaches its conditions, whatever the
 * identity claims and another layer declares (`roles.ts`)
 */
export function closedWords(declared: {
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}): ReadonlyMap<string, ClosedWords> {
  return new Map<string, ClosedWords>([
    ...fixedWords,
    [
      'principal.roles',
      { words: declared.roles, declared: { noun: 'role', under: 'roles', example: (word) => `${word}: {}` } },
    ],
    [
      'principal.groups',
      {
        words: declared.groups,
        declared: { noun: 'group', under: 'groups', example: (word) => `${word}: { principals: […] }` },
      },
    ],
  ]);
}

const labels: ClosedWords = { words: labelSchema.options };
const shellWords: ClosedWords = { words: shellClasses };

const fixedWords: readonly (readonly [string, ClosedWords])[] = [
  ['tool.effect', { words: effectClassSchema.options }],
  ['tool.risk', { words: riskSchema.options }],
  ['labels.context', labels],
  ['labels.args.*', labels],
  ['findings.severity', { words: findingSchema.shape.severity.options }],
  ['shell().verdict', { words: effects }],
  ['shell().worst', shellWords],
  ['shell().classes', shellWords],
  ['local().weekday', { words: weekdays }],
];
