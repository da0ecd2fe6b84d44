/**
 * Withdrawals of approvals, beside the votes: a principal has one vote for a request, and may take it back once. The reserve
 * of an effect looks here for the votes that its permit rests on.
 */
import { type Kysely, sql } from 'kysely';

export async function createWithdrawals(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('withdrawals')
    .addColumn('withdraws', 'text', (column) => column.primaryKey())
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('principal', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('vote', 'text', (column) => column.notNull())
    .addColumn('cast_at', 'bigint', (column) => column.notNull())
    .addColumn('signalled', 'integer', (column) => column.notNull())
    .execute();
  await sql`create index withdrawals_nonce on withdrawals (nonce)`.execute(db);
  await db.schema.createIndex('withdrawals_by_cast').on('withdrawals').column('cast_at').execute();
  await sql`create index withdrawals_unsignalled on withdrawals (cast_at) where signalled = 0`.execute(db);
}
