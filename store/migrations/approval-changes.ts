/** When a request was asked, as a column, and the indexes by which what changed since a time is found without reading all. */
import type { Kysely } from 'kysely';

export async function indexApprovalChanges(db: Kysely<never>): Promise<void> {
  // Of rows before this version the time stays in their signed ask: nobody follows them from their beginning any more.
  await db.schema
    .alterTable('asks')
    .addColumn('asked_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex('asks_by_asked').on('asks').column('asked_at').execute();
  await db.schema.createIndex('asks_by_closed').on('asks').column('closed_at').execute();
  await db.schema.createIndex('votes_by_cast').on('votes').column('cast_at').execute();
}
