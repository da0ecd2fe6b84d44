/**
 * Keys as their signed records say: those that stand, and what a revocation took with it. A row that somebody wrote into the
 * database without the control key makes no key and takes none away.
 */
import type { ControlBody } from '../core/contracts/control.ts';
import { makersOf } from '../core/credential.ts';
import { type ControlReader, readControl } from './read-control.ts';

/** Of a bearer: whoever has its secret. */
export type Credential = Extract<ControlBody, { kind: 'api-key' }>;
/** Of what its bearer signs; nothing is let in by holding it up. */
export type SigningKey = Extract<ControlBody, { kind: 'signing-key' }>;
/** What a vote can be cast with. */
export type VotingKey = Credential | SigningKey;

/** Not revoked, by id. They may have expired. */
export async function readCredentials(reader: ControlReader): Promise<Map<string, Credential>> {
  const standing = await readVotingKeys(reader);
  return new Map([...standing].flatMap(([id, key]) => (key.kind === 'api-key' ? [[id, key] as const] : [])));
}

/** Of both kinds, not revoked, by id. They may have expired. */
export async function readVotingKeys(reader: ControlReader): Promise<Map<string, VotingKey>> {
  const records = await readControl(reader, ['api-key', 'signing-key', 'api-key-revocation']);
  const keys = new Map<string, VotingKey>();
  for (const record of records) {
    // The first: whoever adds one of the same id later does not take over a key that people rely on.
    if (record.kind !== 'api-key-revocation' && !keys.has(record.keyId)) keys.set(record.keyId, record);
  }
  const made = [...keys.values()];
  for (const record of records) {
    if (record.kind !== 'api-key-revocation') continue;
    for (const keyId of record.withMade ? withAllMade(record.keyId, made) : [record.keyId]) keys.delete(keyId);
  }
  return keys;
}

/** Of any key of either kind, also of revoked ones: who made it, and whoever made the keys that it was made with. */
export async function readMakers(reader: ControlReader): Promise<(key: VotingKey) => ReadonlySet<string>> {
  const records = await readControl(reader, ['api-key', 'signing-key']);
  // The first of an id is the one that counts.
  const byId = new Map(records.toReversed().map((record) => [record.keyId, record]));
  return (key) => makersOf(key, (keyId) => byId.get(keyId));
}

/** The key and what was made with it, with those, and so on; a key that was revoked before may have made others. */
function withAllMade(keyId: string, made: readonly VotingKey[]): Set<string> {
  const all = new Set([keyId]);
  // A set is walked in order of insertion, also over what is added meanwhile.
  for (const maker of all) {
    for (const key of made) if (key.mintedWith === maker) all.add(key.keyId);
  }
  return all;
}
