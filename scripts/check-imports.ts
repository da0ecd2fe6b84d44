/**
 * Checks every module of the repository against the import table and prints one line per violation. Exit code 1 when
 * there is any; it never repairs anything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findImports } from './lint/find-imports.ts';
import { readImportTable } from './lint/import-table.ts';
import { judgeImport } from './lint/judge-import.ts';
import { listRepositoryFiles, repositoryRoot } from './lint/repository-files.ts';

const table = readImportTable();
const files = listRepositoryFiles().filter((file) => /\.(?:[cm]?[jt]s|[jt]sx)$/u.test(file));
const violations = files.flatMap((file) =>
  findImports(file, readFileSync(join(repositoryRoot, file), 'utf8')).flatMap((found) => {
    const reason = judgeImport(table, file, found);
    return reason === undefined ? [] : [`${file}:${found.line}: ${reason}`];
  }),
);

for (const violation of violations) console.error(violation);
console.error(`imports: ${files.length} files, ${violations.length} violations`);
if (violations.length > 0 || files.length === 0) process.exitCode = 1;
