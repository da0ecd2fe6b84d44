/**
 * Makes or upgrades a Postgres store, as its owner: schema, migrations and roles in one transaction under one lock, so that
 * two that set up at once do it once, and one that fails leaves everything as it was.
 */
import { sql } from 'kysely';
import { runMigrations } from '../migrations/run-migrations.ts';
import { appendOnly } from './append-only.ts';
import { grantRoles, type RoleOptions } from './grant-roles.ts';
import type { PostgresLocation } from './postgres-location.ts';
import { createPool } from './postgres-pool.ts';
import { createPostgresSession, schemaName } from './postgres-session.ts';
import { newer, type StoreVersion, versionOf } from './store-version.ts';

export interface SetUpOptions {
  /** Absent: no roles are made, and only the owner may use the store. */
  roles?: RoleOptions;
  /** Also for building indexes on large tables, ms. @default 600_000 */
  answerWithinMs?: number;
}

export interface SetUp {
  before: StoreVersion['kind'];
  /** Names of the database roles that were made or brought up to date. */
  roles: string[];
}

/**
 * May be repeated: what is there already stays.
 * @param owner a role that may create schemas in the database and, for roles, create roles
 * @throws CountersignError `store-unavailable`, or `config-invalid` for a newer store and a role without the right
 */
export async function setUpPostgresStore(owner: PostgresLocation, options: SetUpOptions = {}): Promise<SetUp> {
  const answerWithinMs = options.answerWithinMs ?? 600_000;
  const pool = createPool(owner, { connections: 1, connectWithinMs: 10_000 });
  const session = createPostgresSession({ pool, answerWithinMs });
  try {
    // A write without a scope is alone: another setup waits until this one has committed, and so do running processes.
    return await session.write(async (queries) => {
      await sql`create schema if not exists ${sql.id(schemaName)}`.execute(queries);
      await sql`revoke all on schema ${sql.id(schemaName)} from public`.execute(queries);
      const version = await versionOf(queries);
      if (version.kind === 'newer') throw newer();
      await runMigrations(queries, appendOnly, schemaName);
      const roles = options.roles ? await grantRoles(queries, options.roles) : [];
      return { before: version.kind, roles };
    });
  } finally {
    await session.close();
  }
}
