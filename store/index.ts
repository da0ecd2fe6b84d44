/** The store's door: the port and its implementations. */
export { describeStore, openStore, readStoreLocation, type StoreLocation } from './open-store.ts';
export { type SetUp, setUpPostgresStore } from './postgres/set-up-postgres-store.ts';
export { type StoreRole, storeRoles } from './postgres/role-grants.ts';
export { readPassword } from './postgres/secret-file.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open-sqlite-store.ts';
export type * from './store.ts';
