/** Reads the tables of injection signals as they are written. It does not check what the expressions find. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './lint/repository-files.ts';

interface SignalTable {
  signals: unknown[];
  mention?: string;
}

/** One file a subject; the words of mentions stand in the first. */
const tables = ['', '-personas', '-languages', '-more-languages', '-agents', '-answers', '-actions'].map(
  (subject) => `guards/injection/signals${subject}.yaml`,
);

/** What is shipped. */
export function signalsText(): string {
  const read = tables.map((path) => parse(readFileSync(join(repositoryRoot, path), 'utf8')) as SignalTable);
  const table = { signals: read.flatMap(({ signals }) => signals), mention: read[0]?.mention };
  return `${JSON.stringify(table, null, 1)}\n`;
}
