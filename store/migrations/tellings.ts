/** Who was told of which request, when and by what: each moment is a row, and none is changed afterwards. */
import type { Kysely } from 'kysely';

export async function createTellings(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('tellings')
    .addColumn('nonce', 'text', (column) => column.notNull().references('asks.nonce'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('moment', 'text', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('told_at', 'bigint', (column) => column.notNull())
    .addColumn('reached', 'text', (column) => column.notNull())
    .addColumn('problem', 'text')
    .addPrimaryKeyConstraint('tellings_key', ['nonce', 'channel', 'moment', 'due_at'])
    .execute();
}
