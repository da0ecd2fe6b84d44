/** A run of a test exported to bytes, as the program writes them, and read back. */
import { gatherParts } from '../../audit/export/export-parts.ts';
import { type ExportRead, readExport } from '../../audit/export/read-export.ts';
import { writeExport } from '../../audit/export/write-export.ts';
import { createServerSource } from '../../audit/fetch-chain.ts';
import type { KeySet } from '../../keys/index.ts';
import type { TemporalDoor } from '../../client/temporal-door.ts';
import type { Store } from '../../store/store.ts';
import { audience } from './test-worker.ts';

export interface ExportedFrom {
  door: TemporalDoor;
  keys: KeySet;
  store?: Store;
}

export async function exportBytes({ door, keys, store }: ExportedFrom, workflowId: string): Promise<Buffer> {
  const ofStore = store ? { store } : {};
  const source = createServerSource({ door, ...ofStore });
  const { parts } = gatherParts({
    workflowId,
    source,
    registry: keys.registry,
    signerKid: keys.signer('export').kid,
    ...ofStore,
  });
  const lines: Uint8Array[] = [];
  await writeExport({
    workflowId,
    parts,
    signer: () => keys.signer('export'),
    audience,
    clock: { now: () => Date.now() },
    write: async (bytes) => void lines.push(bytes),
  });
  return Buffer.concat(lines);
}

export async function readBytes(bytes: Uint8Array): Promise<ExportRead> {
  return await readExport(chunksOf(bytes), 'test.jsonl');
}

/** In pieces that end anywhere, as a file's do. */
export async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
