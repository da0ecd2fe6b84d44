/** Opens the store that a deployment's settings name: a SQLite file on this machine, or Postgres. */
import type { LoginCheck } from './postgres/login-rights.ts';
import { openSqliteStore } from './sqlite/open-sqlite-store.ts';
import type { Store } from './store.ts';
import type { StoreLocation } from './store-location.ts';

/**
 * @param login what this process does with the store; a file has no logins. Absent: it is not checked
 * @throws CountersignError `store-unavailable`, `config-invalid`
 */
export async function openStore(location: StoreLocation, login?: LoginCheck): Promise<Store> {
  if (location.kind === 'sqlite') return await openSqliteStore({ file: location.file });
  // Who keeps a file does not wait for the client of a server at each start.
  const { openPostgresStore } = await import('./postgres/open-postgres-store.ts');
  return await openPostgresStore({ location, login });
}
