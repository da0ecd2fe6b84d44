/**
 * Writes an export line by line: one part is in memory at a time. It signs what it wrote and judges nothing of it; what a
 * reader of this version would refuse (a line or a file that is too large) it does not write.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/clock.ts';
import {
  type ExportHeader,
  type ExportPart,
  exportFormat,
  exportLimits,
  exportVersion,
  type SignedExport,
} from '../../core/contracts/export.ts';
import { sealEnvelope, type Signer } from '../../core/envelope.ts';
import { CountersignError } from '../../core/errors.ts';
import { createExportDigest } from './export-digest.ts';

export interface WriteExportOptions {
  workflowId: string;
  /** In the order of the format. */
  parts: AsyncIterable<ExportPart>;
  /** Of domain `export`; asked for when everything else is written. */
  signer: () => Signer;
  audience: string;
  clock: Clock;
  write(bytes: Uint8Array): Promise<void>;
}

export interface WrittenExport {
  signed: SignedExport;
  bytes: number;
}

/** @throws {CountersignError} `export-invalid` where a part is too large, and what `parts`, `signer` and `write` throw. */
export async function writeExport(options: WriteExportOptions): Promise<WrittenExport> {
  const { workflowId, parts, signer, audience, clock } = options;
  const digest = createExportDigest();
  let bytes = 0;
  const writeLine = async (value: unknown): Promise<void> => {
    const line = Buffer.from(`${canonicalJson(value)}\n`, 'utf8');
    bytes += line.length;
    if (line.length > exportLimits.lineBytes) throw tooLarge(workflowId, 'a part', exportLimits.lineBytes);
    if (bytes > exportLimits.fileBytes) throw tooLarge(workflowId, 'its record', exportLimits.fileBytes);
    digest.update(line);
    await options.write(line);
  };
  const header: ExportHeader = { part: 'header', format: exportFormat, version: exportVersion, workflowId };
  await writeLine(header);
  let count = 0;
  for await (const part of parts) {
    count += 1;
    await writeLine(part);
  }
  const body = { version: exportVersion, workflowId, digest: digest.value(), parts: count } as const;
  const signed = sealEnvelope(signer(), 'export', audience, body, { issuedAt: clock.now() });
  await writeLine({ part: 'signature', export: signed });
  return { signed, bytes };
}

function tooLarge(workflowId: string, what: string, limit: number): CountersignError {
  return new CountersignError(
    'export-invalid',
    `Cannot export run "${workflowId}": ${what} is larger than ${limit} bytes, expected less; read it with the tools of its engine`,
  );
}
