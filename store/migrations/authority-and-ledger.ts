/**
 * The first tables: authority and the ledger. What must be unique for safety is unique here too, so that a defect in the
 * code above meets a constraint and not a second effect.
 */
import { type Kysely, sql } from 'kysely';

/** Statements that make a table append-only, in the words of one database. */
export type AppendOnly = (table: 'ledger' | 'control') => string[];

export async function createAuthorityAndLedger(db: Kysely<never>, appendOnly: AppendOnly): Promise<void> {
  await createRuns(db);
  await createGate(db);
  await createFences(db);
  await createRecords(db);
  for (const statement of [...appendOnly('ledger'), ...appendOnly('control')]) await sql.raw(statement).execute(db);
}

async function createRuns(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('runs')
    .addColumn('workflow_id', 'text', (column) => column.primaryKey())
    .addColumn('ticket', 'text', (column) => column.notNull())
    .addColumn('ticket_digest', 'text', (column) => column.notNull().unique())
    .addColumn('ticket_nonce', 'text', (column) => column.notNull().unique())
    .addColumn('principal', 'text', (column) => column.notNull())
    .addColumn('first_link_run_id', 'text', (column) => column.notNull())
    .addColumn('last_link_run_id', 'text', (column) => column.notNull())
    .addColumn('run_epoch', 'integer', (column) => column.notNull())
    .addColumn('turn_mark', 'integer', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('closed_at', 'bigint')
    .addColumn('outcome', 'text')
    .execute();
  await db.schema.createIndex('runs_by_time').on('runs').columns(['opened_at', 'workflow_id']).execute();
  await db.schema.createIndex('runs_by_principal').on('runs').columns(['principal', 'opened_at']).execute();
  await db.schema
    .createTable('links')
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('link_run_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('first', 'successor', 'reset')`))
    .addColumn('run_epoch', 'integer', (column) => column.notNull())
    .addColumn('registered_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('links_key', ['workflow_id', 'link_run_id'])
    .execute();
  await db.schema
    .createTable('epochs')
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('from_epoch', 'integer', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('raised_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('epochs_key', ['workflow_id', 'epoch'])
    .addUniqueConstraint('epochs_once', ['workflow_id', 'from_epoch', 'reason'])
    .execute();
}

async function createGate(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('decisions')
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('try', 'integer', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('pass', 'integer', (column) => column.notNull())
    .addColumn('link_run_id', 'text', (column) => column.notNull())
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('ordinal', 'integer', (column) => column.notNull())
    .addColumn('turn', 'integer', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull().check(sql`verdict in ('allow', 'ask', 'deny')`))
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('decision', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('decisions_key', ['call_key', 'try', 'purpose', 'pass', 'link_run_id'])
    .addUniqueConstraint('decisions_in_order', ['workflow_id', 'ordinal'])
    .execute();
  await db.schema
    .createIndex('decisions_by_verdict')
    .on('decisions')
    .columns(['workflow_id', 'verdict', 'purpose', 'turn'])
    .execute();
  await db.schema
    .createTable('admissions')
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('try', 'integer', (column) => column.notNull())
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('turn', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('admissions_key', ['call_key', 'try'])
    .execute();
  await db.schema.createIndex('admissions_by_turn').on('admissions').columns(['workflow_id', 'turn']).execute();
  await db.schema
    .createTable('asks')
    .addColumn('nonce', 'text', (column) => column.primaryKey())
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('try', 'integer', (column) => column.notNull())
    .addColumn('run_epoch', 'integer', (column) => column.notNull())
    .addColumn('link_run_id', 'text', (column) => column.notNull())
    .addColumn('approval_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('call', 'reconcile')`))
    .addColumn('ask', 'text', (column) => column.notNull())
    .addColumn('ask_digest', 'text', (column) => column.notNull())
    .addColumn('card', 'text', (column) => column.notNull())
    .addColumn('deadline_at', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text')
    .addColumn('closed_at', 'bigint')
    .execute();
  await db.schema.createIndex('asks_by_run').on('asks').columns(['workflow_id', 'deadline_at']).execute();
  await sql`create index asks_open on asks (deadline_at) where outcome is null`.execute(db);
  await db.schema
    .createTable('denials')
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('tool', 'text', (column) => column.notNull())
    .addColumn('arguments_digest', 'text', (column) => column.notNull())
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('denials_key', ['workflow_id', 'tool', 'arguments_digest', 'nonce'])
    .execute();
  // No reference to asks: a vote that fits no request is kept as a record.
  await db.schema
    .createTable('votes')
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('principal', 'text', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('vote', 'text', (column) => column.notNull())
    .addColumn('cast_at', 'bigint', (column) => column.notNull())
    .addColumn('signalled', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('votes_key', ['nonce', 'principal'])
    .execute();
  await sql`create index votes_unsignalled on votes (cast_at) where signalled = 0`.execute(db);
}

async function createFences(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('fences')
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('try', 'integer', (column) => column.notNull())
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('link_run_id', 'text', (column) => column.notNull())
    .addColumn('run_epoch', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) =>
      column.notNull().check(sql`state in ('reserved', 'executing', 'consumed', 'void')`),
    )
    .addColumn('tool', 'text', (column) => column.notNull())
    .addColumn('arguments_digest', 'text', (column) => column.notNull())
    .addColumn('nonce', 'text')
    .addColumn('permit_digest', 'text', (column) => column.notNull())
    .addColumn('reserved_at', 'bigint', (column) => column.notNull())
    .addColumn('start_to_close_ms', 'bigint', (column) => column.notNull())
    .addColumn('lease_until_at', 'bigint')
    .addColumn('voided_from', 'text')
    .addColumn('voided_by', 'text')
    .addColumn('voided_at', 'bigint')
    .addPrimaryKeyConstraint('fences_key', ['call_key', 'try'])
    .addCheckConstraint('fences_void', sql`(state = 'void') = (voided_from is not null and voided_by is not null)`)
    .execute();
  await sql`create unique index fences_approval_once on fences (nonce, call_key) where nonce is not null and state <> 'void'`.execute(
    db,
  );
  await sql`create index fences_open on fences (workflow_id) where state in ('reserved', 'executing')`.execute(db);
}

async function createRecords(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('receipts')
    .addColumn('permit_digest', 'text', (column) => column.primaryKey())
    .addColumn('workflow_id', 'text', (column) => column.notNull().references('runs.workflow_id'))
    .addColumn('call_key', 'text', (column) => column.notNull())
    .addColumn('try', 'integer', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('turn', 'integer', (column) => column.notNull())
    .addColumn('ordinal', 'integer', (column) => column.notNull())
    .addColumn('receipt', 'text', (column) => column.notNull())
    .addColumn('output', 'text', (column) => column.notNull())
    .addUniqueConstraint('receipts_in_order', ['call_key', 'ordinal'])
    .execute();
  await db.schema
    .createTable('labels')
    .addColumn('permit_digest', 'text', (column) => column.notNull().references('receipts.permit_digest'))
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('workflow_id', 'text', (column) => column.notNull())
    .addColumn('turn', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('labels_key', ['permit_digest', 'label'])
    .execute();
  await db.schema.createIndex('labels_by_turn').on('labels').columns(['workflow_id', 'turn', 'label']).execute();
  await db.schema
    .createTable('control')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('control_by_kind').on('control').columns(['kind', 'sequence']).execute();
  await db.schema
    .createTable('bodies')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('text_json', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('ledger')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('workflow_id', 'text', (column) => column.notNull())
    .addColumn('call_key', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('ledger_by_run').on('ledger').columns(['workflow_id', 'sequence']).execute();
  await db.schema
    .createTable('counters')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('control', 0), ('ledger', 0)`.execute(db);
}
