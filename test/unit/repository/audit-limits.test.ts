/** docs/audit-limits.md says what docs/audit-limits.json says, which the campaign `record-mutations` proves limit by limit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { type AuditLimit, auditLimits } from '../../campaigns/record-mutations/limits.ts';

function rowOf({ where, field, changes, withinMs, reason }: AuditLimit): string {
  const what = changes ? changes.join(', ') : 'any';
  const bound = withinMs === undefined ? '' : `, by at most ${withinMs / 1000} s`;
  return `| \`${where}\` | \`${field}\` | ${what}${bound} | ${reason} |`;
}

test('the page of limits has a row for each, in order, and no other', () => {
  const page = readFileSync(join(repositoryRoot, 'docs', 'audit-limits.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toEqual(auditLimits.map(rowOf));
});

test('each limit stands once', () => {
  const names = auditLimits.map(({ where, field }) => `${where}: ${field}`);
  expect(new Set(names).size).toBe(names.length);
});
