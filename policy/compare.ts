/**
 * Compares two versions of a policy piece by piece: what is tighter for sure, what is looser, and what cannot be told without
 * cases. A version counts as not looser only where nothing in it is looser or unknown: who publishes it alone must not have
 * slipped something through by writing it differently.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { asRecord, compareSets, compareTerms } from './compare-terms.ts';
import { parseDuration } from './duration.ts';
import type { PolicySource } from './schema.ts';
import type { RuleSource } from './schema-rules.ts';

export type Direction = 'looser' | 'tighter' | 'unknown';
export interface PolicyDifference {
  readonly direction: Direction;
  /** Where, as `rules.changes-ask`. */
  readonly path: string;
  readonly what: string;
}

/** @param before null: there was none, and nothing was allowed by it */
export function comparePolicies(before: PolicySource | null, after: PolicySource | null): PolicyDifference[] {
  if (!after) return before ? [{ direction: 'looser', path: '', what: 'the policy is taken away' }] : [];
  if (!before) return [{ direction: 'unknown', path: '', what: 'there was no policy before' }];
  const differences: PolicyDifference[] = [...compareRules(before.rules, after.rules), ...compareLimits(before, after)];
  for (const part of otherParts) {
    const [old, now] = [before[part], after[part]];
    if (canonicalJson(old ?? null) === canonicalJson(now ?? null)) continue;
    differences.push(...(comparePart[part]?.(old, now, part) ?? [unknown(part, `"${part}" changed`)]));
  }
  return differences;
}

/** Whether the newer version may allow or ask for something that the older one did not. */
export function mayBeLooser(differences: readonly PolicyDifference[]): boolean {
  return differences.some(({ direction }) => direction !== 'tighter');
}

const otherParts = [
  'roles',
  'principals',
  'groups',
  'people',
  'tools',
  'labels',
  'prices',
  'guards',
  'allowlists',
  'blocked',
  'require',
  'dryRun',
  'layers',
  'approvals',
] as const;
type Part = (typeof otherParts)[number];

const unknown = (path: string, what: string): PolicyDifference => ({ direction: 'unknown', path, what });

function compareRules(before: readonly RuleSource[], after: readonly RuleSource[]): PolicyDifference[] {
  const old = new Map(before.map((rule) => [rule.id, rule]));
  const now = new Map(after.map((rule) => [rule.id, rule]));
  // Rules that allow side by side: each of them can be the one under whose terms, or after untrusted content, a call asks.
  const plain = [...before, ...after].every((rule) => rule.approval === undefined && rule.labels === undefined);
  const differences: PolicyDifference[] = [];
  const renamed = renamedRules(old, now);
  for (const [id, rule] of old) {
    const path = `rules.${id}`;
    const changed = now.get(id);
    if (!changed) {
      if (renamed.has(id)) continue;
      const direction = rule.effect === 'deny' ? 'looser' : rule.effect === 'allow' && plain ? 'tighter' : 'unknown';
      differences.push({ direction, path, what: `rule "${id}", which ${verbs[rule.effect]}, is taken away` });
    } else if (!sameMeaning(rule, changed)) differences.push(...compareRule(path, rule, changed, plain));
  }
  // A new rule that allows may stand in the place of one that is gone; which of the two allows more is not told by the pieces.
  const replaces = [...old.values()].some(({ id, effect }) => effect === 'allow' && !now.has(id) && !renamed.has(id));
  for (const [id, rule] of now) {
    if (old.has(id) || renamed.has(id)) continue;
    const direction = rule.effect === 'deny' ? 'tighter' : rule.effect === 'allow' && !replaces ? 'looser' : 'unknown';
    differences.push({ direction, path: `rules.${id}`, what: `rule "${id}", which ${verbs[rule.effect]}, is new` });
  }
  return differences;
}

const verbs = { allow: 'allows', ask: 'asks', deny: 'denies' } as const;

/** Ids of rules that are there under another id: they say the same of every call. */
function renamedRules(old: ReadonlyMap<string, RuleSource>, now: ReadonlyMap<string, RuleSource>): Set<string> {
  const fresh = [...now.values()].filter(({ id }) => !old.has(id));
  const renamed = new Set<string>();
  for (const rule of [...old.values()].filter(({ id }) => !now.has(id))) {
    const other = fresh.find((one) => !renamed.has(one.id) && sameMeaning({ ...one, id: rule.id }, rule));
    if (other) renamed.add(rule.id).add(other.id);
  }
  return renamed;
}

/** Title and reason are words for people. */
function sameMeaning(a: RuleSource, b: RuleSource): boolean {
  const meaning = ({ title: _, reason: __, ...rule }: RuleSource) => canonicalJson(rule);
  return meaning(a) === meaning(b);
}

function compareRule(path: string, before: RuleSource, after: RuleSource, plain: boolean): PolicyDifference[] {
  const { effect: was, ...restBefore } = before;
  const { effect: is, ...restAfter } = after;
  if (was !== is && sameMeaning({ effect: is, ...restBefore }, { effect: is, ...restAfter })) {
    const stricter = order.indexOf(is) > order.indexOf(was);
    const direction = !stricter ? 'looser' : is === 'deny' || plain ? 'tighter' : 'unknown';
    return [{ direction, path, what: `it ${verbs[is]} instead of: it ${verbs[was]}` }];
  }
  return [unknown(path, 'it is written differently')];
}
const order: readonly RuleSource['effect'][] = ['allow', 'ask', 'deny'];

function compareLimits(
  { limits: before = {} }: PolicySource,
  { limits: after = {} }: PolicySource,
): PolicyDifference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof typeof before)[];
  return keys.flatMap((key): PolicyDifference[] => {
    const [old, now] = [amountOf(before[key], key), amountOf(after[key], key)];
    if (old === now) return [];
    const shown = (value: string | number | undefined): string => String(value ?? 'none');
    const what = `limit ${key}: ${shown(before[key])} becomes ${shown(after[key])}`;
    return [{ direction: now < old ? 'tighter' : 'looser', path: `limits.${key}`, what }];
  });
}

function amountOf(value: string | number | undefined, key: string): number {
  if (value === undefined) return key === 'argumentBytes' ? 1_048_576 : Number.POSITIVE_INFINITY;
  return typeof value === 'number' ? value : (parseDuration(value) ?? Number.NaN);
}

type ComparePart = (before: unknown, after: unknown, part: string) => PolicyDifference[];

/** Parts in which more is always stricter. */
const comparePart: Partial<Record<Part, ComparePart>> = {
  blocked: (before, after, part) => compareSets(before, after, part, 'tighter'),
  approvals: (before, after) => compareTerms(asRecord(before), asRecord(after)),
  require: (before, _, part) => [
    before === undefined
      ? { direction: 'tighter', path: part, what: 'approval is required besides' }
      : unknown(part, '"require" changed'),
  ],
  dryRun: (_, after, part) => [
    { direction: asRecord(after)['reads'] === 'run' ? 'looser' : 'tighter', path: part, what: 'reads in a dry run' },
  ],
};
