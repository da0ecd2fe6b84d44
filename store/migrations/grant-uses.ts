/** Uses of grants, numbered from 1 without gaps: a number is taken by one call and try, in the transaction that admits it. */
import type { Kysely } from 'kysely';

export async function createGrantUses(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('grant_uses')
    .addColumn('grant_id', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('try', 'integer', (column) => column.notNull())
    .addColumn('workflow_id', 'text', (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('grant_uses_key', ['grant_id', 'number'])
    .addUniqueConstraint('grant_uses_call', ['grant_id', 'call_key', 'try'])
    .execute();
}
