/**
 * Limits of a minute and a day hold in every minute and every day, not only in those of the clock: a counter keeps when each
 * of its last calls was admitted. Windows of the clock that were being counted before are counted anew.
 */
import { type Kysely, sql } from 'kysely';

export async function createSlidingLimits(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('limit_counts')
    .addColumn('scope', 'text', (column) => column.primaryKey())
    .addColumn('taken', 'bigint', (column) => column.notNull())
    .addColumn('latest_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('limit_places')
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('taken_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('limit_places_key', ['scope', 'number'])
    .execute();
  // Counters without a window are those of one run; they go on where they were.
  await sql`insert into limit_counts (scope, taken, latest_at) select scope, used, 0 from limit_counters where window_start = 0`.execute(
    db,
  );
  await db.schema.dropTable('limit_counters').execute();
}
