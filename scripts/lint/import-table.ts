/**
 * Reads the import table of architecture.md §7 as data. Every folder with code has a row; a folder or package that a
 * row does not name is not allowed, and a row that does not parse stops the check: there is no default that permits.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const strengthSchema = z
  .enum(['value', 'type'])
  .describe('`type` allows `import type` only, which leaves no trace at run time');

const rowSchema = z.strictObject({
  folders: z.record(z.string(), strengthSchema).default({}).describe('folder, or one file, of this repository'),
  packages: z.record(z.string(), strengthSchema).default({}).describe('npm package; its subpaths are included'),
  node: z.boolean().default(false).describe('whether Node built-ins may be imported'),
  dynamicPaths: z
    .boolean()
    .default(false)
    .describe('whether `import(expression)` may load a path known only at run time'),
  anything: z.boolean().default(false).describe('whether the row may import whatever it likes; nothing may import it'),
});

/** What the code of one folder (or one root file) may import. */
export type ImportRow = z.infer<typeof rowSchema>;

/** Rows by the name of their folder, or of their file when it lies at the root. */
export type ImportTable = ReadonlyMap<string, ImportRow>;

/** @throws when the table has an unknown key or value */
export function parseImportTable(data: unknown): ImportTable {
  return new Map(Object.entries(z.record(z.string(), rowSchema).parse(data)));
}

export function readImportTable(file: URL = new URL('./import-table.json', import.meta.url)): ImportTable {
  return parseImportTable(JSON.parse(readFileSync(file, 'utf8')));
}
