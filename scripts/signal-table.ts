/** Reads the table of injection signals as it is written. It does not check what the expressions find. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './lint/repository-files.ts';

/** What is shipped. */
export function signalsText(): string {
  const table: unknown = parse(readFileSync(join(repositoryRoot, 'guards/injection/signals.yaml'), 'utf8'));
  return `${JSON.stringify(table, null, 1)}\n`;
}
