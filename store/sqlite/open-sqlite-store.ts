/**
 * The store in one SQLite file, for one machine: any number of processes may have it open. What a method has answered
 * survives the death of every process; what an effect, a vote or an order rests on survives power loss too
 * (synchronous=FULL), and the rest does from the next such commit on.
 */
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { CountersignError } from '../../core/errors.ts';
import { runMigrations } from '../migrations/run-migrations.ts';
import { createSqlStore } from '../sql/create-sql-store.ts';
import type { Tables } from '../sql/tables.ts';
import type { Store } from '../store.ts';
import { statementRunner, withCachedStatements } from './cached-statements.ts';
import { type DatabaseFile, prepareDatabaseFile } from './database-file.ts';
import { ImmediateSqliteDialect } from './sqlite-dialect.ts';
import { createLogMover } from './log-mover.ts';
import { toStoreError, unavailable } from './sqlite-errors.ts';
import { createSqliteSession, whileBusy } from './sqlite-session.ts';

export interface SqliteStoreOptions {
  /** Path of the file, or `:memory:` for a database that ends with the process. */
  file: string;
  /** `normal` is faster and loses the last commits on power loss (not on a kill). Default `full`. */
  synchronous?: 'full' | 'normal';
  /** How long a method waits for another process's lock, ms. Default 3000: the gate has 5 s for everything. */
  busyTimeoutMs?: number;
}

/**
 * @throws CountersignError `store-unavailable` when the database does not answer, `config-invalid` when the file is not
 * its owner's alone or its tables are of another version
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file: path, synchronous = 'full', busyTimeoutMs = 3000 } = options;
  let database: Database.Database | undefined;
  try {
    const file = path === ':memory:' ? null : prepare(path);
    database = new Database(path, { timeout: 0 });
    const opened = database;
    await whileBusy(busyTimeoutMs, () => configure(opened, synchronous));
    const kysely = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(opened) });
    const session = createSqliteSession({
      kysely,
      run: statementRunner(withCachedStatements(opened)),
      file,
      busyTimeoutMs,
      ...(file ? { log: createLogMover(opened, path, () => file.isInPlace()) } : {}),
      power: { synchronous, setSynchronous: (level) => void opened.pragma(`synchronous = ${level}`) },
    });
    await session.write((queries) => runMigrations(queries, appendOnly));
    return createSqlStore(session);
  } catch (error) {
    database?.close();
    throw toOpenError(error, path);
  }
}

function prepare(path: string): DatabaseFile {
  try {
    return prepareDatabaseFile(path);
  } catch (error) {
    // What the file system says (no space, no such device, read-only) is an outage like any other.
    throw error instanceof CountersignError ? error : unavailable('its file cannot be made or read', error);
  }
}

function configure(database: Database.Database, synchronous: 'full' | 'normal'): void {
  database.pragma('journal_mode = wal');
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma('foreign_keys = on');
  // A replaced row must meet the delete trigger of the ledger.
  database.pragma('recursive_triggers = on');
  database.pragma('trusted_schema = off');
}

/** SQLite's words for an append-only table: no update, no delete, and no replace, which would be both. */
function appendOnly(table: 'ledger' | 'control'): string[] {
  const refuse = `begin select raise(abort, '${table} rows are append-only'); end`;
  return [
    `create trigger ${table}_no_update before update on ${table} ${refuse}`,
    `create trigger ${table}_no_delete before delete on ${table} ${refuse}`,
    `create trigger ${table}_no_replace before insert on ${table} ` +
      `when exists (select 1 from ${table} where sequence = new.sequence) ${refuse}`,
  ];
}

function toOpenError(error: unknown, path: string): unknown {
  const known = toStoreError(error);
  if (known instanceof CountersignError) return known;
  if (known instanceof Error && known.message.startsWith('corrupted migrations')) {
    return new CountersignError(
      'config-invalid',
      `Cannot open database "${path}": its tables are of another version, expected those of this program; use the newer program`,
      { cause: error },
    );
  }
  return unavailable('it cannot be opened', error);
}
