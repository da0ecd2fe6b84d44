/**
 * Makes the database roles and gives each exactly what `role-grants.ts` says: what it had before and what its line does not
 * say is taken away. Within the caller's transaction, so that no process ever sees half of it.
 */
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../sql/tables.ts';
import { schemaName } from './postgres-session.ts';
import { grantsByTable, type StoreRole, storeRoles, type TableGrants } from './role-grants.ts';
import { scramVerifier } from './scram-verifier.ts';

export interface RoleOptions {
  /** First part of the roles' names: roles belong to the whole server, databases share them. */
  prefix: string;
  /** A role without one keeps what it has; a new one then cannot log in with a password. */
  passwords: Readonly<Partial<Record<StoreRole, string>>>;
}

/** @returns the roles' names */
export async function grantRoles(db: Kysely<Tables>, options: RoleOptions): Promise<string[]> {
  const nameOf = (role: StoreRole): string => `${options.prefix}_${role}`;
  for (const role of storeRoles) await ensureRole(db, nameOf(role), options.passwords[role]);
  for (const role of storeRoles) {
    const name = sql.id(nameOf(role));
    await sql`revoke all on schema ${sql.id(schemaName)} from ${name}`.execute(db);
    await sql`revoke all on all tables in schema ${sql.id(schemaName)} from ${name}`.execute(db);
    await sql`grant usage on schema ${sql.id(schemaName)} to ${name}`.execute(db);
    // Every process compares the database's version with its own.
    await sql`grant select on ${tableNamed('kysely_migration')} to ${name}`.execute(db);
  }
  for (const [table, grants] of Object.entries(grantsByTable) as [string, TableGrants<Record<string, unknown>>][]) {
    await grantTable(db, table, grants, nameOf);
  }
  return storeRoles.map(nameOf);
}

async function ensureRole(db: Kysely<Tables>, name: string, password: string | undefined): Promise<void> {
  const { rows } = await sql`select 1 from pg_catalog.pg_roles where rolname = ${name}`.execute(db);
  if (rows.length === 0)
    await sql`create role ${sql.id(name)} login nosuperuser nocreatedb nocreaterole noinherit`.execute(db);
  // Utility statements take no parameters; the verifier's alphabet holds no quote.
  if (password !== undefined)
    await sql`alter role ${sql.id(name)} password ${sql.lit(scramVerifier(password))}`.execute(db);
}

async function grantTable(
  db: Kysely<Tables>,
  table: string,
  { read, insert = [], update = {}, only }: TableGrants<Record<string, unknown>>,
  nameOf: (role: StoreRole) => string,
): Promise<void> {
  const target = tableNamed(table);
  const namesOf = (roles: readonly StoreRole[]) => sql.join(roles.map((role) => sql.id(nameOf(role))));
  await sql`grant select on ${target} to ${namesOf(read)}`.execute(db);
  if (insert.length > 0) await sql`grant insert on ${target} to ${namesOf(insert)}`.execute(db);
  for (const [role, columns] of entriesOf(update)) {
    const list = sql.join(columns.map((column) => sql.id(column)));
    await sql`grant update (${list}) on ${target} to ${namesOf([role])}`.execute(db);
  }
  if (!only) return;
  // The owner is not bound by these; a role sees every row, and leaves behind only those of its values.
  await sql`alter table ${target} enable row level security`.execute(db);
  await replacePolicy(db, table, nameOf('audit'), 'read', sql`for select to ${namesOf(read)} using (true)`);
  for (const [role, values] of entriesOf(only.values)) {
    const check = sql`${sql.id(only.column)} in (${sql.join(values.map((value) => sql.lit(value)))})`;
    const to = namesOf([role]);
    await replacePolicy(db, table, nameOf(role), 'insert', sql`for insert to ${to} with check (${check})`);
    await replacePolicy(db, table, nameOf(role), 'update', sql`for update to ${to} using (true) with check (${check})`);
  }
}

async function replacePolicy(
  db: Kysely<Tables>,
  table: string,
  role: string,
  what: 'read' | 'insert' | 'update',
  policy: ReturnType<typeof sql>,
): Promise<void> {
  const name = sql.id(`${role}_${what}`);
  await sql`drop policy if exists ${name} on ${tableNamed(table)}`.execute(db);
  await sql`create policy ${name} on ${tableNamed(table)} ${policy}`.execute(db);
}

function tableNamed(name: string) {
  return sql.table(`${schemaName}.${name}`);
}

function entriesOf<T>(byRole: Partial<Record<StoreRole, T>>): [StoreRole, T][] {
  return storeRoles.flatMap((role) => {
    const value = byRole[role];
    return value === undefined ? [] : [[role, value] as [StoreRole, T]];
  });
}
