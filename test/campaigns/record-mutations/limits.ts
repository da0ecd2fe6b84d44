/** What docs/audit-limits.md lists, as data: which changes no check can find, and why. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Mutation } from './draw.ts';

const limitSchema = z.strictObject({
  /** As `Site.where`; `*` stands for the rest. */
  where: z.string().min(1),
  /** As `Site.field`; `*` at the end stands for the rest. Empty for whole parts. */
  field: z.string(),
  /** Which changes; absent: edits, values taken over from elsewhere, removals. */
  changes: z.array(z.string()).optional(),
  reason: z.string().min(20),
});
export type AuditLimit = z.infer<typeof limitSchema>;

export const auditLimits: readonly AuditLimit[] = z
  .array(limitSchema)
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'limits.json'), 'utf8')));

export function limitOf({
  where,
  field,
  change,
}: Pick<Mutation, 'where' | 'field' | 'change'>): AuditLimit | undefined {
  return auditLimits.find(
    (limit) =>
      fits(limit.where, where) &&
      fits(limit.field, field) &&
      (limit.changes?.includes(change) ?? ['edit', 'take-over', 'remove'].includes(change)),
  );
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}
