/**
 * Who may stand behind a key: its principal, whoever made it, whoever made the maker's keys, and so on. Two keys with one of
 * these in common are never two people: whoever makes keys may keep them, or give both to one. A record names the maker and
 * not the maker's key, so every key that this one had then counts; that errs towards one person.
 */
import type { ControlBody } from '../core/contracts/control.ts';
import { type ControlReader, readControl } from '../store/read-control.ts';

type KeyRecord = Extract<ControlBody, { kind: 'api-key' }>;

export interface KeyHistory {
  keys: readonly KeyRecord[];
  /** Sequence of the revocation, by key id. */
  revokedAt: ReadonlyMap<string, number>;
}

/** All keys there ever were, oldest first. */
export async function readKeyHistory(reader: ControlReader): Promise<KeyHistory> {
  const records = await readControl(reader, ['api-key', 'api-key-revocation']);
  const revokedAt = new Map<string, number>();
  const keys: KeyRecord[] = [];
  for (const record of records) {
    if (record.kind === 'api-key') keys.push(record);
    else if (!revokedAt.has(record.keyId)) revokedAt.set(record.keyId, record.sequence);
  }
  return { keys, revokedAt };
}

/** Keys of a principal that stood when the record of this sequence was written; also those that have ended since. */
export function keysThatStood({ keys, revokedAt }: KeyHistory, principal: string, sequence: number): KeyRecord[] {
  return keys.filter(
    (key) =>
      key.principal === principal &&
      key.sequence < sequence &&
      (revokedAt.get(key.keyId) ?? Number.POSITIVE_INFINITY) > sequence,
  );
}

/** Principals behind any of the keys, makers of makers included. */
export function peopleBehind(history: KeyHistory, keys: readonly KeyRecord[]): Set<string> {
  const people = new Set<string>();
  const seen = new Set<string>();
  const open = [...keys];
  for (let key = open.pop(); key; key = open.pop()) {
    if (seen.has(key.keyId)) continue;
    seen.add(key.keyId);
    people.add(key.principal).add(key.mintedBy);
    // Only older keys can have made this one, so that the search ends.
    open.push(...keysThatStood(history, key.mintedBy, key.sequence));
  }
  return people;
}
