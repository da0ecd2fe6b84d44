/**
 * Transactions on one SQLite connection. Kysely's mutex keeps two of this process apart, `begin immediate` two of
 * different processes. Waiting for a lock is done here and not by SQLite, whose own wait would stop the whole process,
 * heartbeats included, and for ever when the lock's holder is this very process.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Queries, SqlSession } from '../sql/session.ts';
import type { Tables } from '../sql/tables.ts';
import type { DatabaseFile } from './database-file.ts';
import { isBusy, toStoreError, unavailable } from './sqlite-errors.ts';

export interface SqliteSessionOptions {
  kysely: Kysely<Tables>;
  /** Null for a database in memory. */
  file: DatabaseFile | null;
  busyTimeoutMs: number;
}

export function createSqliteSession({ kysely, file, busyTimeoutMs }: SqliteSessionOptions): SqlSession {
  let isClosed = false;

  async function transact<T>(
    accessMode: 'read only' | 'read write',
    work: (queries: Queries) => Promise<T>,
  ): Promise<T> {
    return whileBusy(busyTimeoutMs, async () => {
      if (isClosed) throw unavailable('it is closed');
      if (file && !file.isInPlace()) throw unavailable('its file is gone or was replaced');
      return kysely.transaction().setAccessMode(accessMode).execute(work);
    });
  }

  return {
    read: (work) => transact('read only', work),
    write: (work) => transact('read write', work),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      // Waits for the transaction that is under way: the connection is free only after it.
      await kysely.connection().execute(() => Promise.resolve());
      await kysely.destroy();
    },
  };
}

const longestPauseMs = 12;

/** Tries again while another process holds the lock. @throws CountersignError `store-unavailable` after the time-out */
export async function whileBusy<T>(busyTimeoutMs: number, attempt: () => T | Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw toStoreError(error);
    }
    await wait(1 + Math.random() * longestPauseMs);
  }
}
