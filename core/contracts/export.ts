/**
 * An export: one file with everything recorded of a run. Lines of canonical JSON (RFC 8785), a kind of part after the other
 * in a fixed order, and a last line that signs the digest of all bytes before it. What a part claims is believed by nobody:
 * whoever reads a file verifies what is signed in it. docs/export.md describes the format for other readers.
 */
import { z } from 'zod';
import { signedVoteSchema } from './approval.ts';
import { signedControlSchema } from './control.ts';
import { signedDecisionSchema } from './decision.ts';
import { registryKeySchema, signedSchema } from './envelope.ts';
import { lookSchema } from './look.ts';
import { tellingSchema } from './telling.ts';
import { callKeySchema, digestSchema, linkRunIdSchema, timestampSchema, workflowIdSchema } from './ids.ts';

export const exportFormat = 'countersign-export';
/** Raised with every change that an older reader would misunderstand; a reader refuses every version but its own. */
export const exportVersion = 1;

/** Bytes of one line and of a whole file: what is larger is neither written nor read. */
export const exportLimits = { lineBytes: 32 * 1024 * 1024, fileBytes: 512 * 1024 * 1024 } as const;

export const exportHeaderSchema = z.strictObject({
  part: z.literal('header'),
  format: z.literal(exportFormat),
  version: z.literal(exportVersion),
  workflowId: workflowIdSchema,
});
export type ExportHeader = z.infer<typeof exportHeaderSchema>;

export const ledgerKinds = ['run-opened', 'link-registered', 'intent', 'receipt', 'run-closed'] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

/** All parts between header and signature, in the order in which their kinds stand in a file. */
export const exportPartSchema = z.discriminatedUnion('part', [
  /** Begins a link; its events follow. Links stand in ascending order of their ids. */
  z.strictObject({ part: z.literal('link'), linkRunId: linkRunIdSchema }),
  /** One history event as proto JSON. */
  z.strictObject({ part: z.literal('event'), event: z.record(z.string(), z.unknown()) }),
  /** From here on each kind stands in ascending order of its digest, number or key id, and nothing twice. */
  z.strictObject({ part: z.literal('decision'), decision: signedDecisionSchema }),
  /** RFC 8785 text of a card; its digest is in the ask that shows it. */
  z.strictObject({ part: z.literal('card'), card: z.string() }),
  z.strictObject({ part: z.literal('vote'), vote: signedVoteSchema }),
  /** The gateway's note of who looked at a request; nobody signs it. */
  z.strictObject({ part: z.literal('look'), look: lookSchema }),
  /** The gateway's note of who was told of one; nobody signs it. */
  z.strictObject({ part: z.literal('telling'), telling: tellingSchema }),
  /** Freezes, thaws, activations of the run's agent, answers about the run's effects. Never API keys. */
  z.strictObject({ part: z.literal('control'), control: signedControlSchema }),
  z.strictObject({
    part: z.literal('ledger'),
    sequence: z.int().min(1),
    kind: z.enum(ledgerKinds),
    callKey: callKeySchema.nullable(),
    body: z.unknown(),
    at: timestampSchema,
  }),
  /** A text whose digest something above names: pack, policy, whole output of a tool. */
  z.strictObject({ part: z.literal('body'), text: z.string() }),
  /** Public keys of what is signed above. A reader believes them only if it has them from elsewhere. */
  z.strictObject({ part: z.literal('key'), key: registryKeySchema }),
]);
export type ExportPart = z.infer<typeof exportPartSchema>;
export type ExportPartKind = ExportPart['part'];

/** Order of the kinds. Link and event alternate and count as one. */
export const exportPartOrder: readonly ExportPartKind[] = [
  'link',
  'event',
  'decision',
  'card',
  'vote',
  'look',
  'telling',
  'control',
  'ledger',
  'body',
  'key',
];

export const exportBodySchema = z.strictObject({
  version: z.literal(exportVersion),
  workflowId: workflowIdSchema,
  /** Over all bytes before the signature's line, line ends included. */
  digest: digestSchema,
  /** Parts between header and signature. */
  parts: z.int().min(0),
});
export type ExportBody = z.infer<typeof exportBodySchema>;
export const signedExportSchema = signedSchema('export', exportBodySchema);
export type SignedExport = z.infer<typeof signedExportSchema>;
export const exportSignatureSchema = z.strictObject({ part: z.literal('signature'), export: signedExportSchema });
