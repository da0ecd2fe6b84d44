/** The store that a deployment's settings name: a SQLite file on this machine, or Postgres. */
import { openPostgresStore } from './postgres/open-postgres-store.ts';
import { isPostgresUrl, type PostgresLocation, readPostgresUrl } from './postgres/postgres-location.ts';
import { openSqliteStore } from './sqlite/open-sqlite-store.ts';
import type { Store } from './store.ts';

export type StoreLocation = { kind: 'sqlite'; file: string } | PostgresLocation;

/**
 * @param setting a `postgres://` URL, else the path of a SQLite file
 * @throws CountersignError `config-invalid` for a URL that says something else
 */
export function readStoreLocation(setting: string, passwordFile: string | null): StoreLocation {
  return isPostgresUrl(setting) ? readPostgresUrl(setting, passwordFile) : { kind: 'sqlite', file: setting };
}

/** @throws CountersignError `store-unavailable`, `config-invalid` */
export async function openStore(location: StoreLocation): Promise<Store> {
  return location.kind === 'sqlite'
    ? await openSqliteStore({ file: location.file })
    : await openPostgresStore({ location });
}

/** For people: where it is, without anything secret. */
export function describeStore(location: StoreLocation): string {
  if (location.kind === 'sqlite') return location.file;
  const { host, port, database, user, tls } = location;
  return `database ${database} on ${host}:${port} as ${user}, ${tls ? 'TLS' : 'no TLS'}`;
}
