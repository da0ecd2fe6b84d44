/**
 * What SQLite says, in our codes. Anything that keeps the database from answering is `store-unavailable`: not now. A
 * constraint that fired is a defect of the code above it, and is never mistaken for an answer.
 */
import Database from 'better-sqlite3';
import { CountersignError } from '../../core/errors.ts';

export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(?:BUSY|LOCKED)/u.test(error.code);
}

export function toStoreError(error: unknown): unknown {
  if (error instanceof Database.SqliteError) {
    if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
      return new CountersignError(
        'not-found',
        'Cannot store a record: its run is unknown, expected a claimed run; open the run first',
        {
          cause: error,
        },
      );
    }
    if (error.code.startsWith('SQLITE_CONSTRAINT') || error.code === 'SQLITE_ERROR') {
      return new CountersignError(
        'internal-fault',
        `Cannot store a record: ${error.code}, expected no conflict; this is a defect`,
        {
          cause: error,
        },
      );
    }
    return unavailable(error.code, error);
  }
  // better-sqlite3 throws a TypeError for a connection that was closed under a running transaction.
  if (error instanceof TypeError && error.message.includes('connection is not open'))
    return unavailable('it is closed', error);
  return error;
}

export function unavailable(found: string, cause?: unknown): CountersignError {
  return new CountersignError(
    'store-unavailable',
    `Cannot use the "store": ${found}, expected a database that answers; check the file, its disk and who else uses it`,
    { cause },
  );
}
