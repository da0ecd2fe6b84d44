/**
 * What quotas of approval requests are counted in: a place for each request under each of its quotas, open until it is
 * answered or its deadline has passed, and how long nothing more is asked under a quota that was full.
 */
import type { Kysely } from 'kysely';

export async function createAskQuotas(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('ask_places')
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('asked_at', 'bigint', (column) => column.notNull())
    .addColumn('open_until', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('ask_places_key', ['nonce', 'scope'])
    .execute();
  await db.schema.createIndex('ask_places_asked').on('ask_places').columns(['scope', 'asked_at']).execute();
  await db.schema.createIndex('ask_places_open').on('ask_places').columns(['scope', 'open_until']).execute();
  await db.schema
    .createTable('ask_back_offs')
    .addColumn('scope', 'text', (column) => column.primaryKey())
    .addColumn('refusals', 'bigint', (column) => column.notNull())
    .addColumn('until_at', 'bigint', (column) => column.notNull())
    .addColumn('latest_at', 'bigint', (column) => column.notNull())
    .execute();
}
