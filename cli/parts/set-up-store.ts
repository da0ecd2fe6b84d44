/** The store's share of `countersign setup`: tables and, on Postgres, the database roles of the processes. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CountersignError, codeOf } from '../../core/errors.ts';
import {
  describeStore,
  openStore,
  readPassword,
  type SetUp,
  setUpPostgresStore,
  type StoreRole,
  storeRoles,
} from '../../store/index.ts';
import { type Config, variableByName } from '../../worker/config.ts';

export interface StoreSetUp extends SetUp {
  /** Where the store is, without anything secret. */
  store: string;
}

/**
 * On Postgres as the owner of the database, who is named in COUNTERSIGN_STORE for this command alone. May be repeated: it
 * upgrades an older store, brings grants up to date and sets the passwords that it is given.
 * @throws {CountersignError} `config-invalid`, `store-unavailable`
 */
export async function setUpStore({
  storeLocation,
  storeRolePasswords,
  storeRolePrefix,
}: Pick<Config, 'storeLocation' | 'storeRolePasswords' | 'storeRolePrefix'>): Promise<StoreSetUp> {
  const store = describeStore(storeLocation);
  if (storeLocation.kind === 'sqlite') {
    // Opening it makes and upgrades its tables; it has no roles.
    await (await openStore(storeLocation)).close();
    return { store, before: 'same', roles: [] };
  }
  const passwords = storeRolePasswords === undefined ? {} : await readPasswords(storeRolePasswords);
  return { store, ...(await setUpPostgresStore(storeLocation, { roles: { prefix: storeRolePrefix, passwords } })) };
}

async function readPasswords(folder: string): Promise<Partial<Record<StoreRole, string>>> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw refused(folder, `it cannot be read (${codeOf(error) ?? 'unknown fault'})`);
  });
  const passwords: Partial<Record<StoreRole, string>> = {};
  for (const role of storeRoles) if (names.includes(role)) passwords[role] = readPassword(join(folder, role));
  // A wrong folder would otherwise leave roles that nobody can log in with.
  if (Object.keys(passwords).length === 0) throw refused(folder, 'no file in it is named after a role');
  return passwords;
}

function refused(folder: string, found: string): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot set up the roles of the store: "${variableByName.storeRolePasswords}" names "${folder}", and ${found}, expected a folder with files ${storeRoles.join(', ')}; correct it`,
  );
}
