/** Where a deployment's store is, as its settings name it. Light: every command reads its settings, few open the store. */
import { isPostgresUrl, type PostgresLocation, readPostgresUrl } from './postgres/postgres-location.ts';

export type StoreLocation = { kind: 'sqlite'; file: string } | PostgresLocation;

/**
 * @param setting a `postgres://` URL, else the path of a SQLite file
 * @throws CountersignError `config-invalid` for a URL that says something else
 */
export function readStoreLocation(setting: string, passwordFile: string | null): StoreLocation {
  return isPostgresUrl(setting) ? readPostgresUrl(setting, passwordFile) : { kind: 'sqlite', file: setting };
}

/** For people: where it is, without anything secret. */
export function describeStore(location: StoreLocation): string {
  if (location.kind === 'sqlite') return location.file;
  const { host, port, database, user, tls } = location;
  return `database ${database} on ${host}:${port} as ${user}, ${tls ? 'TLS' : 'no TLS'}`;
}
