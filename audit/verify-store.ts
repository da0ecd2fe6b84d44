/** The record against the store, where one is given: the run, its decisions, and the effects that the ledger knows of. */
import { z } from 'zod';
import { digestJson } from '../core/digest.ts';
import type { CheckId } from './checks.ts';
import type { AuditStore, OpenedRecord, OpeningOptions } from './open-record.ts';
import { type ActivityEntry, endOf, entriesOf } from './record-types.ts';

const ids: readonly CheckId[] = ['store-run', 'store-decisions', 'store-effects'];
const ledgerPage = 1000;
const intentBody = z.looseObject({ permitDigest: z.string() });

export async function verifyStore(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  const { store, checks } = options;
  if (!store) {
    for (const id of ids) checks.skip(id, null, 'no store was given', false);
    return;
  }
  await verifyRun(opened, store, options);
  await verifyDecisionsStored(opened, store, options);
  await verifyEffects(opened, store, options);
}

async function verifyRun(
  { record, ticket }: OpenedRecord,
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const run = await store.getRun(record.workflowId);
  if (!checks.expect('store-run', run !== null, null, 'the store does not know this run')) return;
  const first = record.links[0]?.origin.firstRunId;
  checks.expect('store-run', run?.firstLinkRunId === first, null, 'the store knows another first link');
  const known = record.links.some((link) => link.origin.linkRunId === run?.lastLinkRunId);
  checks.expect('store-run', known, null, 'the last link that the store knows is not in the record');
  const closing = lastClose(record, run?.lastLinkRunId);
  // Anybody with access to the namespace can end the activity by its id, before our worker takes it.
  if (closing) checks.expect('store-run', run?.closedAt !== null, closing, 'the history says that the run was closed');
  if (!ticket) return;
  const same = run?.ticketDigest === digestJson('ticket', ticket);
  checks.expect('store-run', same, null, 'the store claimed another ticket');
}

/** The close that the run's last link ended with. */
function lastClose({ links }: OpenedRecord['record'], lastLinkRunId: string | undefined): ActivityEntry | undefined {
  const link = links.at(-1);
  const how = link && endOf(link)?.how;
  if (!link || link.origin.linkRunId !== lastLinkRunId || how === 'terminated' || how === 'timed-out') return undefined;
  return entriesOf([link], 'activity').findLast(
    ({ activityType, end }) => activityType === 'closeRun' && end?.kind === 'completed',
  );
}

async function verifyDecisionsStored(
  { record, decisions }: OpenedRecord,
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const stored = new Set((await store.listDecisions(record.workflowId)).map((one) => digestJson('decision', one)));
  for (const { digest, entry } of decisions) {
    checks.expect('store-decisions', stored.has(digest), entry, 'the store does not hold this decision');
  }
}

/** An effect whose intent is in the ledger must have been scheduled in some link that we were given. */
async function verifyEffects(
  { record, executions }: OpenedRecord,
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const scheduled = new Set(executions.map(({ permitDigest }) => permitDigest));
  for (let after = 0; ; ) {
    const entries = await store.listLedger({ workflowId: record.workflowId, after, limit: ledgerPage });
    for (const { kind, body } of entries) {
      const permitDigest = kind === 'intent' ? intentBody.safeParse(body).data?.permitDigest : undefined;
      if (permitDigest === undefined) continue;
      const known = scheduled.has(permitDigest);
      checks.expect('store-effects', known, null, 'the ledger knows of an effect that the history does not have');
    }
    const last = entries.at(-1);
    if (!last || entries.length < ledgerPage) return;
    after = last.sequence;
  }
}
