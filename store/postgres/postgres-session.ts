/**
 * Transactions on Postgres, for any number of processes. Each method has a time in which it answers, shorter than the
 * gate's 5 s, kept by the server (statements, locks) and by this side (a server or network that went silent). A read is one
 * snapshot; a write sees what is committed, statement by statement, under the locks of its scope.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Kysely } from 'kysely';
import type pg from 'pg';
import type { Queries, SqlSession, WriteScope } from '../sql/session.ts';
import type { Tables } from '../sql/tables.ts';
import { OneTransactionDialect, type TransactionProgress } from './postgres-dialect.ts';
import { ConnectionFault, faultOf, mayRunAgain, toStoreError, unavailable } from './postgres-errors.ts';

/** Holds our tables, so that a database may hold those of others too. */
export const schemaName = 'countersign';

export interface PostgresSessionOptions {
  pool: pg.Pool;
  /** How long a method may take, ms, with waiting for a connection, for locks and for further attempts. */
  answerWithinMs: number;
}

/** Of conflicts: each of them means that another transaction went through, so a busy store still gets on. */
const mostAttempts = 10;
const longestPauseMs = 20;
/**
 * A process that is stopped in the middle of its transaction (a debugger, SIGSTOP) holds its locks this long at most, ms;
 * less than others wait for them.
 */
const mostIdleMs = 1500;

export function createPostgresSession({ pool, answerWithinMs }: PostgresSessionOptions): SqlSession {
  let isClosed = false;
  const limits = `set local search_path = ${schemaName}, pg_temp; set local statement_timeout = ${answerWithinMs}; set local lock_timeout = ${Math.round(answerWithinMs * 0.8)}; set local idle_in_transaction_session_timeout = ${Math.min(mostIdleMs, answerWithinMs)}`;

  async function transact<T>(begin: string, work: (queries: Queries) => Promise<T>): Promise<T> {
    const endsAt = performance.now() + answerWithinMs;
    for (let attempt = 1; ; attempt += 1) {
      if (isClosed) throw unavailable('it is closed');
      const progress: TransactionProgress = { commitWasSent: false, mustDiscard: false };
      try {
        return await once(pool, begin, work, progress, endsAt);
      } catch (error) {
        // A connection that broke before the commit took the transaction with it; afterwards nobody knows, and we do not guess.
        const isLost = error instanceof ConnectionFault;
        if (isLost && progress.commitWasSent) throw unavailable('it did not say whether it committed', error);
        const mayAgain = mayRunAgain(error) ? attempt < mostAttempts : isLost && attempt === 1;
        if (!mayAgain || performance.now() >= endsAt) throw toStoreError(error);
      }
      await wait(Math.random() * longestPauseMs);
    }
  }

  return {
    read: (work) => transact(`begin isolation level repeatable read read only; ${limits}`, work),
    write: (work, scope) => transact(`begin isolation level read committed; ${limits}; ${locksOf(scope)}`, work),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await pool.end();
    },
  };
}

/** One attempt on one connection, which is thrown away when it is late, broken or left in a transaction. */
async function once<T>(
  pool: pg.Pool,
  begin: string,
  work: (queries: Queries) => Promise<T>,
  progress: TransactionProgress,
  endsAt: number,
): Promise<T> {
  const client = await connect(pool);
  let isReleased = false;
  const release = (broken: boolean): void => {
    if (isReleased) return;
    isReleased = true;
    client.release(broken);
  };
  // Ends the socket under the statement that is being waited for: whoever waits is then told.
  const late = setTimeout(() => release(true), Math.max(0, endsAt - performance.now()));
  try {
    const kysely = new Kysely<Tables>({ dialect: new OneTransactionDialect(client, begin, progress) });
    const result = await kysely.transaction().execute(work);
    release(progress.mustDiscard);
    return result;
  } catch (error) {
    release(progress.mustDiscard || progress.commitWasSent || error instanceof ConnectionFault);
    throw error;
  } finally {
    clearTimeout(late);
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw faultOf(error);
  }
}

const everything = 'every write';

/**
 * Locks to the end of the transaction, in one order for all, taken by statements of their own: the work's first query then
 * sees what the one before it committed. A write without a scope is alone with all writes, the others share that name.
 */
function locksOf(scope?: WriteScope): string {
  const names = scope
    ? [
        ...scope.alone.map((name) => ({ key: keyOf(name), isShared: false })),
        ...(scope.shared ?? []).map((name) => ({ key: keyOf(name), isShared: true })),
      ].toSorted((a, b) => (a.key < b.key ? -1 : 1))
    : [];
  return [{ key: keyOf(everything), isShared: scope !== undefined }, ...names]
    .map(({ key, isShared }) => `select pg_advisory_xact_lock${isShared ? '_shared' : ''}(${key})`)
    .join('; ');
}

/** Two names of one key would only wait for each other. */
export function keyOf(name: string): bigint {
  return createHash('sha256').update(`countersign store: ${name}`).digest().readBigInt64BE(0);
}
