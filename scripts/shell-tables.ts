/** Reads the shell classifier's tables as they are written, with their cases. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './lint/repository-files.ts';

export interface TableRow extends Readonly<Record<string, unknown>> {
  readonly names: string;
  /** Command to class. */
  readonly cases: Readonly<Record<string, string>>;
}

export interface Table {
  readonly family: string;
  readonly rows: readonly TableRow[];
}

const folder = join(repositoryRoot, 'guards/shell/tables');

export function readTables(): Table[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.toSorted().map((file) => ({
    family: file.replace(/\.yaml$/u, ''),
    rows: parse(readFileSync(join(folder, file), 'utf8')) as TableRow[],
  }));
}

/** What is shipped: every row without its cases. */
export function tablesText(): string {
  const rows = readTables().flatMap(({ rows: all }) => all.map(({ cases: _, ...row }) => row));
  return `${JSON.stringify(rows, null, 1)}\n`;
}
