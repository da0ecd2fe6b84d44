/** The record against the store, where one is given: the run, its decisions, votes and cards, and what the ledger knows. */
import { digestJson } from '../core/digest.ts';
import type { CheckId } from './checks.ts';
import type { AuditStore, OpenedRecord, OpeningOptions } from './open-record.ts';
import { openLedger } from './ledger-entries.ts';
import { neverOpened } from './never-opened.ts';
import { verifyLedger } from './verify-ledger.ts';
import { verifyStored } from './verify-stored.ts';

const ids: readonly CheckId[] = [
  'store-run',
  'store-decisions',
  'store-votes',
  'store-cards',
  'store-looks',
  'store-tellings',
  'store-orders',
  'store-bodies',
  'store-ledger',
  'store-effects',
];

export async function verifyStore(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  const { store, checks } = options;
  if (!store) {
    for (const id of ids) checks.skip(id, null, 'no store was given', false);
    return;
  }
  await verifyRun(opened, store, options);
  const decisions = await verifyStored(opened, store, options);
  const entries = await openLedger(opened.record.workflowId, store, options);
  verifyLedger(opened, decisions, entries, options);
}

async function verifyRun(
  { record, ticket }: OpenedRecord,
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const run = await store.getRun(record.workflowId);
  if (run === null && neverOpened(record)) {
    checks.expect('store-run', true, null, '');
    return;
  }
  if (!checks.expect('store-run', run !== null, null, 'the store does not know this run')) return;
  if (record.links.length === 0) return;
  const first = record.links[0]?.origin.firstRunId;
  checks.expect('store-run', run?.firstLinkRunId === first, null, 'the store knows another first link');
  const known = record.links.some((link) => link.origin.linkRunId === run?.lastLinkRunId);
  checks.expect('store-run', known, null, 'the last link that the store knows is not in the record');
  if (!ticket) return;
  const same = run?.ticketDigest === digestJson('ticket', ticket);
  checks.expect('store-run', same, null, 'the store claimed another ticket');
}
