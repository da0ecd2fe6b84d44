/**
 * Who may do what to which table (contracts.md §5): one database role for each kind of process, and a table is touched by
 * nobody whose line does not say so. What is in no list is refused by Postgres itself (42501), whatever the program thinks.
 */
import type { Tables } from '../sql/tables.ts';

/** A worker role each, the gateways, and `audit`, which reads everything: replay, export, doctor. */
export const storeRoles = ['agent', 'model', 'tools', 'notify', 'record', 'gateway', 'audit'] as const;
export type StoreRole = (typeof storeRoles)[number];

export interface TableGrants<Row> {
  read: readonly StoreRole[];
  insert?: readonly StoreRole[];
  /** Columns by role; no role may update others. */
  update?: Partial<Record<StoreRole, readonly (keyof Row & string)[]>>;
  delete?: readonly StoreRole[];
  /** Rows that an insert or update by this role may leave behind, by the value of one column. */
  only?: { column: keyof Row & string; values: Partial<Record<StoreRole, readonly string[]>> };
}

const everyone = storeRoles;

/** It authorises nothing: an answer is a vote, and a review is closed by signatures, whatever stands there. */
const whoWasTold: TableGrants<Tables['notices']> = {
  read: ['gateway', 'audit'],
  insert: ['gateway'],
  update: { gateway: ['state', 'attempts', 'next_at', 'place', 'problem', 'told_at', 'reminded_at'] },
};

export const grantsByTable: { readonly [Name in keyof Tables]: TableGrants<Tables[Name]> } = {
  runs: {
    read: everyone,
    insert: ['agent'],
    update: {
      agent: ['last_link_run_id', 'run_epoch', 'turn_mark', 'closed_at', 'outcome'],
      record: ['closed_at', 'outcome'],
    },
  },
  links: { read: ['agent', 'gateway', 'audit'], insert: ['agent'] },
  epochs: { read: ['agent', 'audit'], insert: ['agent'] },
  decisions: { read: ['agent', 'record', 'gateway', 'audit'], insert: ['agent'] },
  admissions: { read: ['agent', 'gateway', 'audit'], insert: ['agent'] },
  tool_calls: { read: ['agent', 'gateway', 'audit'], insert: ['agent'], update: { agent: ['calls'] } },
  limit_counts: { read: ['agent', 'gateway', 'audit'], insert: ['agent'], update: { agent: ['taken', 'latest_at'] } },
  limit_places: { read: ['agent', 'gateway', 'audit'], insert: ['agent'], update: { agent: ['number', 'taken_at'] } },
  model_usage: {
    read: ['agent', 'model', 'gateway', 'audit'],
    insert: ['model'],
    update: { model: ['input_tokens', 'output_tokens'] },
  },
  asks: {
    read: ['agent', 'notify', 'record', 'gateway', 'audit'],
    insert: ['agent'],
    update: { agent: ['outcome', 'closed_at'] },
  },
  ask_places: { read: ['agent', 'audit'], insert: ['agent'], update: { agent: ['open_until'] } },
  ask_back_offs: {
    read: ['agent', 'audit'],
    insert: ['agent'],
    update: { agent: ['refusals', 'until_at', 'latest_at'] },
  },
  denials: { read: ['agent', 'gateway', 'audit'], insert: ['agent'] },
  votes: { read: ['agent', 'gateway', 'audit'], insert: ['gateway'], update: { gateway: ['signalled'] } },
  withdrawals: {
    read: ['agent', 'tools', 'gateway', 'audit'],
    insert: ['gateway'],
    update: { gateway: ['signalled'] },
  },
  // Opened with the permit; closed by nothing but signed control records.
  reviews: { read: ['agent', 'gateway', 'audit'], insert: ['agent'] },
  fences: {
    read: ['agent', 'tools', 'gateway', 'audit'],
    insert: ['tools'],
    update: { tools: ['state', 'lease_until_at', 'voided_from', 'voided_by', 'voided_at'] },
  },
  grant_uses: { read: ['agent', 'gateway', 'audit'], insert: ['agent'] },
  receipts: { read: ['agent', 'tools', 'gateway', 'audit'], insert: ['tools'] },
  labels: { read: ['agent', 'tools', 'gateway', 'audit'], insert: ['tools'] },
  notices: whoWasTold,
  review_notices: whoWasTold,
  notice_alarms: { read: ['gateway', 'audit'], insert: ['gateway'] },
  // The run's own history names what was told by then.
  tellings: { read: ['notify', 'gateway', 'audit'], insert: ['gateway'] },
  looks: {
    read: ['gateway', 'audit'],
    insert: ['gateway'],
    update: { gateway: ['method', 'credential_id', 'via', 'last_at', 'times'] },
  },
  deliveries: { read: ['gateway', 'audit'], insert: ['gateway'], delete: ['gateway'] },
  control: { read: ['agent', 'tools', 'gateway', 'audit'], insert: ['gateway'] },
  key_uses: { read: ['gateway', 'audit'], insert: ['gateway'], update: { gateway: ['last_used_at'] } },
  refusals: { read: ['gateway', 'audit'], insert: ['gateway'], update: { gateway: ['attempts', 'last_at'] } },
  bodies: {
    read: ['agent', 'model', 'tools', 'record', 'gateway', 'audit'],
    insert: ['agent', 'tools', 'gateway'],
  },
  // Whoever redacts may keep what was taken out, and read none of it again: a stolen worker gives away nothing that was kept before.
  redactions: { read: ['gateway'], insert: ['model', 'tools'] },
  // Inserted by whoever does what is recorded, in the same transaction; updated and deleted by nobody.
  ledger: {
    read: ['record', 'audit'],
    insert: ['agent', 'tools', 'record'],
    only: {
      column: 'kind',
      values: { agent: ['run-opened', 'link-registered'], tools: ['intent', 'receipt'], record: ['run-closed'] },
    },
  },
  counters: {
    read: everyone,
    update: { agent: ['value'], tools: ['value'], record: ['value'], gateway: ['value'] },
    only: {
      column: 'name',
      values: { agent: ['ledger'], tools: ['ledger'], record: ['ledger'], gateway: ['control'] },
    },
  },
};
