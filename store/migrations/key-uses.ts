/** What was done with keys, and what was refused: for people who look. No decision rests on either. */
import { type Kysely, sql } from 'kysely';

export async function createKeyUses(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('key_uses')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('last_used_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('refusals')
    .addColumn('minute_at', 'bigint', (column) => column.notNull())
    .addColumn('route', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('about', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('refusals_key', ['minute_at', 'route', 'key_id', 'about', 'code'])
    .execute();
  await sql`create index refusals_newest on refusals (last_at)`.execute(db);
}
