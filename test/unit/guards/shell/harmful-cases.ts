/** The cases of the shell tables that do more than read, and how many of the named mutations reach each row. */
import { readTables } from '../../../../scripts/shell-tables.ts';
import { anyScript, isPlain, oneCommand } from './mutations.ts';

const rows = readTables().flatMap((table) => table.rows);

export const harmfulCases: readonly string[] = rows.flatMap(({ cases }) =>
  Object.entries(cases).flatMap(([script, wanted]) => (wanted === 'read' ? [] : [script])),
);

export interface DestructiveRow {
  names: string;
  /** Cases that are destructive. */
  cases: string[];
  /** Named mutations that apply to one of them. */
  mutations: number;
}

/** Rows that call anything of a command destructive (itself, a subcommand, an option), or hand on what may be. */
export const destructiveRows: readonly DestructiveRow[] = rows.flatMap((row) => {
  const { cases: all, why: _, ...knowledge } = row;
  const cases = Object.entries(all).flatMap(([script, wanted]) => (wanted === 'destructive' ? [script] : []));
  if (cases.length === 0 && !/"destructive\b/u.test(JSON.stringify(knowledge))) return [];
  const mutations = cases.length === 0 ? 0 : anyScript.length + (cases.some(isPlain) ? oneCommand.length : 0);
  return [{ names: row.names, cases, mutations }];
});

/** Every mutation over every harmful case that it applies to: the name and the script as it is written then. */
export function* mutated(): Generator<{ name: string; script: string }> {
  for (const { name, apply } of anyScript) for (const one of harmfulCases) yield { name, script: apply(one) };
  for (const { name, apply } of oneCommand)
    for (const one of harmfulCases) if (isPlain(one)) yield { name, script: apply(one) };
}
