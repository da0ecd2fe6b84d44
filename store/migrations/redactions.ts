/** What redaction took out, encrypted, for who switched that on. No reference to runs: workers that keep it need not read them. */
import type { Kysely } from 'kysely';

export async function createRedactions(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('redactions')
    .addColumn('workflow_id', 'text', (column) => column.notNull())
    .addColumn('mark', 'text', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('kept_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('redactions_key', ['workflow_id', 'mark', 'entry'])
    .execute();
}
