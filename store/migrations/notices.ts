/**
 * Who was told of a request by which channel, and what of it is still to be done; and what was delivered to us, so that a
 * repeated delivery does nothing.
 */
import type { Kysely } from 'kysely';

export async function createNotices(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('notices')
    .addColumn('nonce', 'text', (column) => column.notNull().references('asks.nonce'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('place', 'text')
    .addColumn('problem', 'text')
    .addColumn('told_at', 'bigint')
    .addColumn('reminded_at', 'bigint')
    .addPrimaryKeyConstraint('notices_key', ['nonce', 'channel'])
    .execute();
  await db.schema.createIndex('notices_due').on('notices').columns(['channel', 'state', 'next_at']).execute();
  await db.schema
    .createTable('deliveries')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('delivery_id', 'text', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('deliveries_key', ['source', 'delivery_id'])
    .execute();
  await db.schema.createIndex('deliveries_by_time').on('deliveries').column('seen_at').execute();
}
