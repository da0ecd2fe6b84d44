/**
 * Decides one import against the table: pure, so that each violation has a test. It answers with a sentence that names
 * the remedy, or with undefined when the import is allowed; what it cannot place is not allowed.
 */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { FoundImport } from './find-imports.ts';
import type { ImportRow, ImportTable } from './import-table.ts';

/** @param file - path of the importing file from the repository's root, with forward slashes */
export function judgeImport(table: ImportTable, file: string, found: FoundImport): string | undefined {
  const rowName = rowNameOf(table, file);
  const row = rowName === undefined ? undefined : table.get(rowName);
  if (rowName === undefined || !row) {
    return `no row of scripts/lint/import-table.json covers this file; add its folder to the table and to ARCHITECTURE.md`;
  }
  const { specifier } = found;
  if (specifier === undefined) {
    return row.anything || row.dynamicPaths
      ? undefined
      : `${rowName} may not load a module whose path is computed; import it by name`;
  }
  if (specifier.startsWith('#') || specifier.startsWith('/') || /^(?:data|file|https?):/u.test(specifier)) {
    return row.anything
      ? undefined
      : `"${specifier}" is neither a relative path, a package nor a node: built-in; use one of these`;
  }
  if (specifier.startsWith('.')) return judgeFile(table, { name: rowName, row, file }, found.strength, specifier);
  if (row.anything) return undefined;
  if (isBuiltin(specifier)) return judgeBuiltin(rowName, row, specifier);
  return judgePackage(rowName, row, found.strength, specifier);
}

type Importer = { readonly name: string; readonly row: ImportRow; readonly file: string };

function judgeFile(
  table: ImportTable,
  from: Importer,
  strength: 'value' | 'type',
  specifier: string,
): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(from.file), specifier));
  if (target === '..' || target.startsWith('../'))
    return `"${specifier}" leaves the repository; depend on a package instead`;
  const targetRow = rowNameOf(table, target);
  if (targetRow === from.name) return undefined;
  if (targetRow === undefined) {
    // Data beside the code (package.json, a schema) belongs to nobody's row; only rows that may touch disk get it.
    return from.row.anything || from.row.node
      ? undefined
      : `${from.name} may not import "${target}"; pass its content in`;
  }
  if (table.get(targetRow)?.anything) {
    return from.row.anything
      ? undefined
      : `nothing imports ${targetRow}/; move the shared part into a folder with a row`;
  }
  if (from.row.anything) return undefined;
  const allowed = from.row.folders[target] ?? from.row.folders[targetRow];
  return sentence(from.name, targetRow === target ? target : `${targetRow}/`, allowed, strength);
}

function judgeBuiltin(rowName: string, row: ImportRow, specifier: string): string | undefined {
  if (!row.node) return `${rowName} may not import Node's "${specifier}"; take what it gives as a parameter`;
  if (/^(?:node:)?module$/u.test(specifier) && !row.dynamicPaths) {
    return `${rowName} may not import "${specifier}", whose createRequire loads anything; import by name`;
  }
  return specifier.startsWith('node:') ? undefined : `write "node:${specifier}", which no package can take over`;
}

function judgePackage(
  rowName: string,
  row: ImportRow,
  strength: 'value' | 'type',
  specifier: string,
): string | undefined {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
  return sentence(rowName, `the package ${name}`, row.packages[name], strength);
}

function sentence(
  rowName: string,
  target: string,
  allowed: 'value' | 'type' | undefined,
  strength: 'value' | 'type',
): string | undefined {
  if (allowed === undefined)
    return `${rowName} may not import ${target}; see the table in ARCHITECTURE.md for where this belongs`;
  if (allowed === 'type' && strength === 'value') return `${rowName} may import ${target} only by "import type"`;
  return undefined;
}

/** A root file has its own row, any other file its first folder's. */
function rowNameOf(table: ImportTable, file: string): string | undefined {
  const first = file.split('/')[0] ?? file;
  return table.has(first) ? first : undefined;
}
