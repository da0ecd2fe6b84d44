/** The store's door: the port and its implementations. */
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open-sqlite-store.ts';
export type * from './store.ts';
