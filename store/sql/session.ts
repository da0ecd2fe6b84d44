/**
 * What the store's methods need of a database: one transaction at a time. A `write` says what it must not interleave with;
 * one that says nothing interleaves with no other write, so that a check made inside it still holds when it commits.
 */
import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Queries = Transaction<Tables>;

/**
 * Two writes that hold one name never interleave, in whatever process, unless both hold it shared. What a scope does not
 * cover is covered by a unique constraint: the loser's work then runs again and finds the winner's row.
 */
export interface WriteScope {
  alone: readonly string[];
  /** Held beside others that only read what the name stands for. */
  shared?: readonly string[];
  /**
   * Survives the death of every process as all writes do, but a power loss only from the next write on that does not say
   * this: for what no effect, vote or order rests on yet. @default false
   */
  mayBeLostWithPower?: boolean;
}

export interface SqlSession {
  /** One consistent snapshot. `work` may run again after a fault, so it has no effects but its queries. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** All or nothing; rolled back when `work` throws. `work` may run again after a fault. @param scope absent: alone with everything */
  write<T>(work: (queries: Queries) => Promise<T>, scope?: WriteScope): Promise<T>;
  close(): Promise<void>;
}
