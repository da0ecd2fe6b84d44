/**
 * Reviews of break-glass, one for each request, opened in the transaction that records the permit. A row is where to look: that
 * there must be a review stands in the signed permit, and what closes it are signed control records.
 */
import type { Kysely } from 'kysely';

export async function createReviews(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('reviews')
    .addColumn('nonce', 'text', (column) => column.primaryKey().references('asks.nonce'))
    .addColumn('workflow_id', 'text', (column) => column.notNull())
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('principal', 'text', (column) => column.notNull())
    .addColumn('vote_digest', 'text', (column) => column.notNull())
    .addColumn('permit_digest', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('reviews_by_person').on('reviews').columns(['principal', 'opened_at']).execute();
}
