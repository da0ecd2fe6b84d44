/**
 * What the store's methods need of a database: one transaction at a time. `write` transactions never interleave with
 * another write of any process, so a check made inside one still holds when it commits.
 */
import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Queries = Transaction<Tables>;

export interface SqlSession {
  /** One consistent snapshot. `work` may run again after a fault, so it has no effects but its queries. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Serialised with every other write; rolled back when `work` throws. `work` may run again after a fault. */
  write<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
