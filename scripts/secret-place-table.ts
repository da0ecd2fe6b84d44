/** Reads the table of places where secrets are kept as it is written, with its cases. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './lint/repository-files.ts';

export interface SecretPlaces {
  readonly of: string;
  /** Names apart by blanks. */
  readonly files: string;
  readonly below: string;
  /** Paths that are such a place, and those that only look like one. */
  readonly cases: { readonly secret: readonly string[]; readonly plain: readonly string[] };
}

export function readSecretPlaces(): SecretPlaces[] {
  return parse(readFileSync(join(repositoryRoot, 'guards/shell/secret-places.yaml'), 'utf8')) as SecretPlaces[];
}

/** What is shipped. */
export function secretPlacesText(): string {
  const rows = readSecretPlaces();
  const all = (of: 'files' | 'below'): string[] =>
    [...new Set(rows.flatMap((row) => row[of].split(/\s+/u)))].filter(Boolean);
  return `${JSON.stringify({ files: all('files'), below: all('below') }, null, 1)}\n`;
}
