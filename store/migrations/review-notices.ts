/** Who was told by which channel that a request was answered alone, and what is still to be said until its review is signed. */
import type { Kysely } from 'kysely';

export async function createReviewNotices(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('review_notices')
    .addColumn('nonce', 'text', (column) => column.notNull().references('reviews.nonce'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('place', 'text')
    .addColumn('problem', 'text')
    .addColumn('told_at', 'bigint')
    .addColumn('reminded_at', 'bigint')
    .addPrimaryKeyConstraint('review_notices_key', ['nonce', 'channel'])
    .execute();
  await db.schema
    .createIndex('review_notices_due')
    .on('review_notices')
    .columns(['channel', 'state', 'next_at'])
    .execute();
}
