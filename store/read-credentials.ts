/**
 * API keys as their signed records say: those that stand, and what a revocation took with it. A row that somebody wrote into
 * the database without the control key makes no key and takes none away.
 */
import type { ControlBody } from '../core/contracts/control.ts';
import { type ControlReader, readControl } from './read-control.ts';

export type Credential = Extract<ControlBody, { kind: 'api-key' }>;

/** Not revoked, by id. They may have expired. */
export async function readCredentials(reader: ControlReader): Promise<Map<string, Credential>> {
  const records = await readControl(reader, ['api-key', 'api-key-revocation']);
  const credentials = new Map<string, Credential>();
  for (const record of records) {
    // The first: whoever adds one of the same id later does not take over a key that people rely on.
    if (record.kind === 'api-key' && !credentials.has(record.keyId)) credentials.set(record.keyId, record);
  }
  const made = [...credentials.values()];
  for (const record of records) {
    if (record.kind !== 'api-key-revocation') continue;
    for (const keyId of record.withMade ? withAllMade(record.keyId, made) : [record.keyId]) credentials.delete(keyId);
  }
  return credentials;
}

/** The key and what was made with it, with those, and so on; a key that was revoked before may have made others. */
function withAllMade(keyId: string, made: readonly Credential[]): Set<string> {
  const all = new Set([keyId]);
  // A set is walked in order of insertion, also over what is added meanwhile.
  for (const maker of all) {
    for (const key of made) if (key.mintedWith === maker) all.add(key.keyId);
  }
  return all;
}
