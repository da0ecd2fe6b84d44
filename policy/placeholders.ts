/**
 * Lets the checks behind the schema look at a policy whose shape is wrong, so that all problems are reported at once:
 * each wrong piece is taken out or replaced in a copy. The copy only serves to find more problems; it is never loaded.
 */
import type { z } from 'zod';
import type { PathPart } from './problems.ts';
import { type PolicySource, policySourceSchema } from './schema.ts';

/** @returns undefined when too much is wrong to say more. */
export function withPlaceholders(value: unknown, issues: readonly z.core.$ZodIssue[]): PolicySource | undefined {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) replace(copy, [...path, key], undefined);
    else replace(copy, path, issue.code === 'invalid_key' ? undefined : placeholderFor(path));
  }
  const parsed = policySourceSchema.safeParse(copy);
  if (parsed.success) return parsed.data;
  // What a placeholder could not mend is taken out whole, but for what others may refer to.
  for (const { path } of parsed.error.issues) {
    const [part, entry] = path.map((one) => (typeof one === 'number' ? one : String(one)));
    if (part === undefined) return undefined;
    if (entry !== undefined && Object.hasOwn(wholeEntries, part))
      replace(copy, [part, entry], wholeEntries[part]?.(entry));
    else replace(copy, [part], part === 'rules' ? [] : undefined);
  }
  const again = policySourceSchema.safeParse(copy);
  return again.success ? again.data : undefined;
}

const wholeEntries: Readonly<Record<string, (entry: PathPart) => unknown>> = {
  roles: () => ({}),
  principals: () => [],
  groups: () => undefined,
  tools: () => undefined,
  guards: () => undefined,
  prices: () => ({ input: 0, output: 0 }),
  approvals: () => ({ approvers: { principals: ['placeholder'] }, deadline: '1m' }),
  rules: (entry) => ({ id: `placeholder-${entry}`, reason: 'placeholder', effect: 'allow', tools: ['*'] }),
};

/** Values that a required place accepts and about which no later check complains. */
function placeholderFor(path: readonly PathPart[]): unknown {
  const [part, entry, field] = path;
  if (part === 'version') return 1;
  if ((part === 'roles' || part === 'approvals') && path.length === 2) return wholeEntries[part]?.(entry ?? '');
  if (part === 'rules' && path.length === 1) return [];
  if (part === 'approvals' && field === 'deadline') return '1m';
  if (part === 'approvals' && field === 'approvers' && path.length === 3) return { principals: ['placeholder'] };
  if (part !== 'rules') return undefined;
  switch (field) {
    case 'id':
      return `placeholder-${entry}`;
    case 'reason':
      return 'placeholder';
    case 'effect':
      return 'allow';
    case 'tools':
      return path.length === 3 ? ['*'] : '*';
    default:
      return undefined;
  }
}

function replace(root: unknown, path: readonly PathPart[], value: unknown): void {
  let holder = root;
  for (const part of path.slice(0, -1)) {
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, part)) return;
    holder = (holder as Record<PathPart, unknown>)[part];
  }
  const last = path.at(-1);
  if (last === undefined || typeof holder !== 'object' || holder === null) return;
  if (value === undefined && !Array.isArray(holder)) delete (holder as Record<PathPart, unknown>)[last];
  else (holder as Record<PathPart, unknown>)[last] = value;
}
