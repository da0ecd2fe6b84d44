/**
 * What the login of this process may do with each table, against what its roles' lines say: less, and it would fail at its first
 * call; more, and whoever steals the process has more. The database enforces; this only tells at the start.
 */
import { sql } from 'kysely';
import { CountersignError } from '../../core/errors.ts';
import type { Queries } from '../sql/session.ts';
import { schemaName } from './postgres-session.ts';
import { grantsByTable, type StoreRole, type TableGrants } from './role-grants.ts';

export interface LoginCheck {
  /** All that this process does. */
  roles: readonly StoreRole[];
  /** Told of a login that may do more, in a sentence. */
  warn: (text: string) => void;
}

interface ColumnRights {
  table: string;
  column: string;
  read: boolean;
  insert: boolean;
  update: boolean;
  delete: boolean;
}

const whole = ['read', 'insert', 'delete'] as const;

/** @throws CountersignError `config-invalid` when the login may not do what one of the roles does */
export async function checkLogin(queries: Queries, { roles, warn }: LoginCheck): Promise<void> {
  const rights = await rightsOfLogin(queries);
  const { lacks, exceeds } = compare(rights, roles);
  const login = `the login of ${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`;
  const [first] = lacks;
  if (first !== undefined) {
    throw new CountersignError(
      'config-invalid',
      `Cannot use the "store": its login may not ${first}, expected ${login}; correct COUNTERSIGN_STORE, or run "countersign setup" again`,
    );
  }
  const [more] = exceeds;
  if (more === undefined) return;
  const others = exceeds.length > 1 ? ` and ${exceeds.length - 1} more` : '';
  warn(`the store's login may do more than this process needs (${more}${others}): use ${login}`);
}

async function rightsOfLogin(queries: Queries): Promise<ColumnRights[]> {
  const { rows } = await sql<ColumnRights>`
    select c.relname as "table", a.attname as "column",
      has_table_privilege(c.oid, 'select') as "read", has_table_privilege(c.oid, 'insert') as "insert",
      has_column_privilege(c.oid, a.attnum, 'update') as "update", has_table_privilege(c.oid, 'delete') as "delete"
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = ${schemaName} and c.relkind = 'r' order by 1, 2`.execute(queries);
  return rows;
}

function compare(rights: readonly ColumnRights[], roles: readonly StoreRole[]): { lacks: string[]; exceeds: string[] } {
  const lacks = new Set<string>();
  const exceeds = new Set<string>();
  const note = (what: string, needs: boolean, has: boolean): void => {
    if (needs && !has) lacks.add(what);
    if (has && !needs) exceeds.add(what);
  };
  for (const [table, grants] of Object.entries(grantsByTable) as [string, TableGrants<Record<string, unknown>>][]) {
    for (const row of rights.filter((one) => one.table === table)) {
      for (const right of whole) {
        note(
          `${right} "${table}"`,
          roles.some((role) => grants[right]?.includes(role) === true),
          row[right],
        );
      }
      const needsUpdate = roles.some((role) => grants.update?.[role]?.includes(row.column) === true);
      note(`update "${table}.${row.column}"`, needsUpdate, row.update);
    }
  }
  return { lacks: [...lacks], exceeds: [...exceeds] };
}
