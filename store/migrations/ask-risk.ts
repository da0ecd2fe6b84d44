/** The risk of a request as a column, so that a list finds what is critical among any number that is not. */
import type { Kysely } from 'kysely';

export async function addAskRisk(db: Kysely<never>): Promise<void> {
  // Empty in rows before this version: their risk stays in their signed ask.
  await db.schema
    .alterTable('asks')
    .addColumn('risk', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
}
