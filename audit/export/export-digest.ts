/** The digest that an export signs, over bytes as they come: nobody holds a whole file in memory to sign or check it. */
import { createHash } from 'node:crypto';

export interface ExportDigest {
  update(bytes: Uint8Array): void;
  /** As `digestBytes('export', …)` of all bytes so far. */
  value(): string;
}

export function createExportDigest(): ExportDigest {
  const hash = createHash('sha256').update('countersign/v1/export\n');
  return {
    update: (bytes) => void hash.update(bytes),
    value: () => `sha256:${hash.copy().digest('hex')}`,
  };
}
