/** What docs/audit-limits.md lists, as data: which changes no check can find, and why. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import type { Mutation } from './draw.ts';
import { fieldChanges } from './mutate.ts';

const limitSchema = z.strictObject({
  /** As `Site.where`; `*` at the end stands for the rest. */
  where: z.string().min(1),
  /** As `Site.field`; `*` at the end stands for the rest. Empty for whole parts. */
  field: z.string(),
  /** Absent: an edit, a value taken over from elsewhere, a removal. */
  changes: z.array(z.string()).optional(),
  /** Only changes of a time by at most so much; more is found. */
  withinMs: z.int().optional(),
  /** It holds only where a run went in a certain time, so that a campaign may meet none to prove it by. */
  sometimes: z.literal(true).optional(),
  reason: z.string().min(20),
});
export type AuditLimit = z.infer<typeof limitSchema>;

export const auditLimits: readonly AuditLimit[] = z
  .array(limitSchema)
  .parse(JSON.parse(readFileSync(join(repositoryRoot, 'docs', 'audit-limits.json'), 'utf8')));

export function limitOf(mutation: Pick<Mutation, 'where' | 'field' | 'change' | 'movedMs'>): AuditLimit | undefined {
  return auditLimits.find((limit) => isOf(limit, mutation) && isWithin(limit, mutation));
}

export function isOf(
  limit: AuditLimit,
  { where, field, change }: Pick<Mutation, 'where' | 'field' | 'change'>,
): boolean {
  return isAt(limit, { where, field }) && (limit.changes ?? fieldChanges).some((one) => one === change);
}

export function isAt(limit: AuditLimit, { where, field }: Pick<Mutation, 'where' | 'field'>): boolean {
  return fits(limit.where, where) && fits(limit.field, field);
}

function isWithin({ withinMs }: AuditLimit, { movedMs }: Pick<Mutation, 'movedMs'>): boolean {
  return withinMs === undefined || (movedMs !== null && movedMs <= withinMs);
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}
