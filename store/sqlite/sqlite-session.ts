/**
 * Transactions on one SQLite connection. Kysely's mutex keeps two of this process apart, `begin immediate` two of
 * different processes. Waiting for a lock is done here and not by SQLite, whose own wait would stop the whole process,
 * heartbeats included, and for ever when the lock's holder is this very process.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type RunStatement, withShortWay } from '../sql/prepared.ts';
import type { Queries, SqlSession } from '../sql/session.ts';
import type { Tables } from '../sql/tables.ts';
import type { DatabaseFile } from './database-file.ts';
import type { LogMover } from './log-mover.ts';
import { isBusy, toStoreError, unavailable } from './sqlite-errors.ts';

export interface SqliteSessionOptions {
  kysely: Kysely<Tables>;
  /** On the one connection, inside the transaction that is under way. Absent: every query goes by the builder. */
  run?: RunStatement;
  /** Null for a database in memory. */
  file: DatabaseFile | null;
  /** Absent: every commit waits for what the connection was set to. */
  power?: {
    /** What commits wait for that may not be lost with the power; the connection is set to it. */
    synchronous: Synchronous;
    /** Between transactions only. */
    setSynchronous(level: Synchronous): void;
  };
  /** Absent: SQLite moves its log by itself. */
  log?: LogMover;
  busyTimeoutMs: number;
}

export type Synchronous = 'full' | 'normal';

export function createSqliteSession(options: SqliteSessionOptions): SqlSession {
  const { kysely, run, file, busyTimeoutMs, power, log } = options;
  let isClosed = false;
  let level = power?.synchronous;

  /** One log for all commits: the next one that waits for the disk takes with it what came before. */
  function waitFor(wanted: Synchronous): void {
    if (wanted !== level) power?.setSynchronous(wanted);
    level = wanted;
  }

  async function transact<T>(
    accessMode: 'read only' | 'read write',
    work: (queries: Queries) => Promise<T>,
    wanted?: Synchronous,
  ): Promise<T> {
    return whileBusy(busyTimeoutMs, async () => {
      if (isClosed) throw unavailable('it is closed');
      if (file && !file.isInPlace()) throw unavailable('its file is gone or was replaced');
      return await kysely.connection().execute(async (connection) => {
        if (wanted) waitFor(wanted);
        const result = await connection
          .transaction()
          .setAccessMode(accessMode)
          .execute((queries) => (run ? withShortWay(queries, run, work) : work(queries)));
        if (accessMode === 'read write') log?.wrote();
        return result;
      });
    });
  }

  return {
    read: (work) => transact('read only', work),
    write: (work, scope) => transact('read write', work, scope?.mayBeLostWithPower ? 'normal' : power?.synchronous),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      // Waits for the transaction that is under way: the connection is free only after it.
      await kysely.connection().execute(() => Promise.resolve());
      await log?.close();
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
