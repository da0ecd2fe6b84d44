/** Reads a vendored corpus of `test/data/guards/`: JSON objects, one a line, packed. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export type CorpusRow = Readonly<Record<string, unknown>>;

/** @param name without its ending. */
export function readCorpus(name: string): CorpusRow[] {
  const path = new URL(`../../../test/data/guards/${name}.jsonl.gz`, import.meta.url);
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as CorpusRow);
}

export function textOf(row: CorpusRow, field: string): string {
  const value = row[field];
  if (typeof value !== 'string')
    throw new Error(`Cannot read a corpus: a row has no text "${field}", expected one in each; vendor it again`);
  return value;
}
