/**
 * Requests in the order that lists show them, also those that are over: without these a list of all, and the last approved call
 * like one, read every request that there ever was.
 */
import type { Kysely } from 'kysely';

export async function indexAskOrder(db: Kysely<never>): Promise<void> {
  await db.schema.createIndex('asks_by_deadline').on('asks').column('deadline_at').execute();
  await db.schema.createIndex('asks_by_outcome').on('asks').columns(['outcome', 'deadline_at']).execute();
}
