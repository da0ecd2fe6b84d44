/** Who was shown which card: one row for each person, request, card and channel, so that a page that polls is one row. */
import type { Kysely } from 'kysely';

export async function createLooks(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('looks')
    .addColumn('nonce', 'text', (column) => column.notNull().references('asks.nonce'))
    .addColumn('principal', 'text', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('card_digest', 'text', (column) => column.notNull())
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('credential_id', 'text', (column) => column.notNull())
    .addColumn('via', 'text')
    .addColumn('first_at', 'bigint', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .addColumn('times', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('looks_key', ['nonce', 'principal', 'channel', 'card_digest'])
    .execute();
}
