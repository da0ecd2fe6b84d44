/** The run's entries in the ledger, each with its one shape. What has another is a failed check and is left out. */
import { z } from 'zod';
import type { LedgerKind } from '../core/contracts/export.ts';
import { labelSchema } from '../core/contracts/labels.ts';
import { type SignedReceipt, signedReceiptSchema } from '../core/contracts/receipt.ts';
import { signedTicketSchema } from '../core/contracts/ticket.ts';
import { openEnvelope } from '../core/envelope.ts';
import type { AuditStore, OpeningOptions } from './open-record.ts';

const bodies = {
  'run-opened': z.strictObject({ linkRunId: z.string(), ticketDigest: z.string(), ticket: signedTicketSchema }),
  'link-registered': z.strictObject({
    linkRunId: z.string(),
    kind: z.enum(['successor', 'reset']),
    runEpoch: z.number(),
    previousLinkRunId: z.string(),
  }),
  intent: z.strictObject({
    try: z.number(),
    linkRunId: z.string(),
    runEpoch: z.number(),
    tool: z.string(),
    argumentsDigest: z.string(),
    nonce: z.string().nullable(),
    permitDigest: z.string(),
    startToCloseMs: z.number(),
    executeByAt: z.number().nullable(),
    freezeEpoch: z.number(),
  }),
  receipt: z.strictObject({ permitDigest: z.string(), receipt: signedReceiptSchema, labels: z.array(labelSchema) }),
  'run-closed': z.strictObject({ linkRunId: z.string(), outcome: z.string() }),
} as const satisfies Record<LedgerKind, z.ZodType>;

export type OpenedEntry = {
  [K in LedgerKind]: { kind: K; callKey: string | null; body: z.infer<(typeof bodies)[K]>; at: number };
}[LedgerKind];

const ledgerPage = 1000;

/** @throws {CountersignError} `store-unavailable` */
export async function openLedger(
  workflowId: string,
  store: Pick<AuditStore, 'listLedger'>,
  options: OpeningOptions,
): Promise<OpenedEntry[]> {
  const { checks } = options;
  const opened: OpenedEntry[] = [];
  for (let after = 0; ; ) {
    const entries = await store.listLedger({ workflowId, after, limit: ledgerPage });
    for (const { kind, body, callKey, at, sequence } of entries) {
      const row = `the ledger’s row ${sequence}`;
      // Whoever edits the database writes any word there.
      const known = Object.hasOwn(bodies, kind);
      if (!checks.expect('store-ledger', known, null, `${row} is of a kind that there is not`)) continue;
      const parsed = bodies[kind].safeParse(body);
      if (!checks.expect('store-ledger', parsed.success, null, `${row} (${kind}) has another shape`)) continue;
      // The pair of kind and body comes from the same row of `bodies`.
      const entry = { kind, callKey, body: parsed.data, at } as OpenedEntry;
      if (entry.kind === 'receipt') expectSigned(entry.body.receipt, options);
      opened.push(entry);
    }
    const last = entries.at(-1);
    if (!last || entries.length < ledgerPage) return opened;
    after = last.sequence;
  }
}

function expectSigned(receipt: SignedReceipt, { checks, registry, audience }: OpeningOptions): void {
  const { kind } = openEnvelope(receipt, { schema: signedReceiptSchema, audience, registry, now: null });
  checks.expect(
    'receipt-signature',
    kind === 'opened',
    null,
    'a receipt in the ledger is not signed by the tools worker',
  );
}

export function entriesOfKind<K extends LedgerKind>(
  entries: readonly OpenedEntry[],
  kind: K,
): Extract<OpenedEntry, { kind: K }>[] {
  return entries.filter((entry): entry is Extract<OpenedEntry, { kind: K }> => entry.kind === kind);
}
