/**
 * API keys as their signed records say: `cs_<key id>_<secret>`, of which only the secret's SHA-256 is kept. A row that
 * somebody wrote into the database without the control key gives no access, and revocation counts with the next request.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Credential, readCredentials, readVotingKeys, type VotingKey } from '../store/read-credentials.ts';
import { readControl } from '../store/read-control.ts';
import type { GatewayContext } from './options.ts';

export type { Credential, SigningKey, VotingKey } from '../store/read-credentials.ts';
export type CredentialReader = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

export type KeyCheck =
  | { kind: 'valid'; credential: Credential }
  /** `keyId` where it is one of ours: it may be logged, what else was sent may not. */
  | { kind: 'refused'; reason: 'malformed' | 'unknown' | 'wrong-secret' | 'expired'; keyId: string | null };

const keyForm = /^cs_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const noHash = '0'.repeat(64);

/** Keys that stand now, by id: verified, not revoked. They may have expired. */
export async function standingKeys({ store, keys, audience }: CredentialReader): Promise<Map<string, Credential>> {
  return await readCredentials({ store, registry: keys.registry, audience });
}

/** Of both kinds. They may have expired. */
export async function standingVotingKeys({ store, keys, audience }: CredentialReader): Promise<Map<string, VotingKey>> {
  return await readVotingKeys({ store, registry: keys.registry, audience });
}

/** Also those that were revoked since: who made a key stays true. */
export async function allKeys({ store, keys, audience }: CredentialReader): Promise<Map<string, VotingKey>> {
  const records = await readControl({ store, registry: keys.registry, audience }, ['api-key', 'signing-key']);
  // The first of an id is the one that counts.
  return new Map(records.toReversed().map((record) => [record.keyId, record]));
}

export async function checkKey(reader: CredentialReader, apiKey: string): Promise<KeyCheck> {
  const malformed = !keyForm.test(apiKey);
  return checkAgainst(malformed ? new Map() : await standingKeys(reader), reader.clock.now(), apiKey);
}

export function checkAgainst(keys: ReadonlyMap<string, Credential>, now: number, apiKey: string): KeyCheck {
  const [, keyId, secret] = keyForm.exec(apiKey) ?? [];
  if (keyId === undefined || secret === undefined) return { kind: 'refused', reason: 'malformed', keyId: null };
  const credential = keys.get(keyId);
  // Compared also where no such key is: the time taken says nothing.
  const expected = Buffer.from(credential?.secretHash ?? noHash, 'hex');
  const fits = timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), expected);
  if (!credential) return { kind: 'refused', reason: 'unknown', keyId: null };
  if (!fits) return { kind: 'refused', reason: 'wrong-secret', keyId };
  if (credential.expiresAt <= now) return { kind: 'refused', reason: 'expired', keyId };
  return { kind: 'valid', credential };
}

/** Hex. The secret has 256 random bits: a slow hash would add nothing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
