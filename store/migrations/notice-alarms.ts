/** Which channel has said that another one could not tell people of a request, so that it says so once. */
import { type Kysely, sql } from 'kysely';

export async function createNoticeAlarms(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('notice_alarms')
    .addColumn('nonce', 'text', (column) => column.notNull().references('asks.nonce'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('about', 'text', (column) => column.notNull())
    .addColumn('told_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('notice_alarms_key', ['nonce', 'channel', 'about'])
    .execute();
  await sql`create index notices_untold on notices (nonce) where told_at is null`.execute(db);
}
