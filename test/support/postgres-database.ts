/** Databases of a test's Postgres server: one for each suite, set up as an operator would, with connections of any role. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresLocation } from '../../store/postgres/postgres-location.ts';
import { type StoreRole, storeRoles } from '../../store/postgres/role-grants.ts';
import { setUpPostgresStore } from '../../store/postgres/set-up-postgres-store.ts';
import type { PostgresServer } from './postgres-server.ts';

export interface PostgresDatabase {
  /** Of the owner. */
  location: PostgresLocation;
  roleLocations: Readonly<Record<StoreRole, PostgresLocation>>;
  /** A raw statement as the owner, on a connection of its own. */
  execute(text: string): Promise<pg.QueryResult>;
  /** A raw statement as a role, with its own login. @throws {pg.DatabaseError} */
  executeAs(role: StoreRole, text: string): Promise<pg.QueryResult>;
  dispose(): Promise<void>;
}

/** @param setUp false: an empty database */
export async function createDatabase(server: PostgresServer, setUp = true): Promise<PostgresDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-database-'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  const { host, port } = server;
  const fileWith = async (file: string, password: string): Promise<string> => {
    await writeFile(join(folder, file), `${password}\n`, { mode: 0o600 });
    return join(folder, file);
  };
  const at = async (user: string, password: string): Promise<PostgresLocation> => {
    return {
      kind: 'postgres',
      host,
      port,
      database: name,
      user,
      tls: null,
      passwordFile: await fileWith(user, password),
    };
  };
  await query(
    { host, port, user: 'postgres', password: server.password, database: 'postgres' },
    `create database ${name}`,
  ); // prettier-ignore
  const location = await at('postgres', server.password);
  const passwords = Object.fromEntries(
    storeRoles.map((role) => [role, randomBytes(18).toString('base64url')]),
  ) as Record<StoreRole, string>; // prettier-ignore
  // Roles belong to the server: a prefix of the database's own keeps suites apart.
  if (setUp) await setUpPostgresStore(location, { roles: { prefix: name, passwords } });
  const locations = await Promise.all(
    storeRoles.map(async (role) => [role, await at(`${name}_${role}`, passwords[role])] as const),
  );
  return {
    location,
    roleLocations: Object.fromEntries(locations) as Record<StoreRole, PostgresLocation>,
    execute: (text) => query({ host, port, user: 'postgres', password: server.password, database: name }, text),
    executeAs: (role, text) =>
      query({ host, port, user: `${name}_${role}`, password: passwords[role], database: name }, text),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

async function query(config: pg.ClientConfig, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    await client.query('set search_path = countersign, pg_temp');
    return await client.query(text);
  } finally {
    await client.end();
  }
}
