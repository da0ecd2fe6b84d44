/**
 * For looks that gateways repeat as long as they run: notices by state, reviews by when they are due. Without these each look walks,
 * or sorts, all that there ever were.
 */
import type { Kysely } from 'kysely';

export async function indexRepeatedLooks(db: Kysely<never>): Promise<void> {
  for (const table of ['notices', 'review_notices'] as const) {
    const index = db.schema.createIndex(`${table}_by_state`).on(table);
    await index.columns(['state', 'next_at desc', 'nonce']).execute();
  }
  await db.schema.createIndex('reviews_by_due').on('reviews').column('due_at').execute();
}
