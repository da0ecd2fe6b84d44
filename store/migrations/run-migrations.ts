/**
 * Brings a database to this version's tables, within the caller's transaction: two processes that start at once make
 * them once. A database of a newer version is refused, never changed.
 */
import type { Kysely, Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { type AppendOnly, createAuthorityAndLedger } from './authority-and-ledger.ts';
import { createPolicyLimits } from './policy-limits.ts';

/** @throws what the migration met; the caller's transaction must then be rolled back */
export async function runMigrations<T>(transaction: Transaction<T>, appendOnly: AppendOnly): Promise<void> {
  const migrations: Record<string, Migration> = {
    '0001-authority-and-ledger': { up: (db: Kysely<never>) => createAuthorityAndLedger(db, appendOnly) },
    '0002-policy-limits': { up: createPolicyLimits },
  };
  const migrator = new Migrator({ db: transaction, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw error instanceof Error ? error : new Error('Cannot migrate the database: the cause is unknown');
}
