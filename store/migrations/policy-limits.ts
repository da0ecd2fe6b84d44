/**
 * What the limits of policies are counted in: calls of a run by tool, counters in a window of the clock, and what the model
 * calls of a run took. Each is written in the transaction that admits the call.
 */
import { type Kysely, sql } from 'kysely';

export async function createPolicyLimits(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('tool_calls')
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('tool', 'text', (column) => column.notNull())
    .addColumn('calls', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('tool_calls_key', ['workflow_id', 'tool'])
    .execute();
  await db.schema
    .createTable('limit_counters')
    .addColumn('scope', 'text', (column) => column.primaryKey())
    .addColumn('window_start', 'bigint', (column) => column.notNull())
    .addColumn('used', 'integer', (column) => column.notNull())
    .execute();
  // No reference to runs: a worker of the model alone need not read them.
  await db.schema
    .createTable('model_usage')
    .addColumn('workflow_id', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('input_tokens', 'bigint', (column) => column.notNull())
    .addColumn('output_tokens', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('model_usage_key', ['workflow_id', 'model'])
    .execute();
  await sql`create index runs_open on runs (principal, opened_at) where closed_at is null`.execute(db);
}
