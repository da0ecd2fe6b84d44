/** The store's door: the port and its implementations. */
export type { LoginCheck } from './postgres/login-rights.ts';
export { openStore } from './open-store.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open-sqlite-store.ts';
export { describeStore, readStoreLocation, type StoreLocation } from './store-location.ts';
export type * from './store.ts';
