/**
 * Makes and enrols keys: an API key is returned once and kept nowhere, its signed record holds a hash; of a signing key only the
 * public half ever comes here.
 */
import { appendOrder, type ControlWriter } from './control-records.ts';
import { allKeys, type Credential } from './credentials.ts';
import { CountersignError } from '../core/errors.ts';
import { makeKey, possessionBytes } from './make-key.ts';

export type KeyOrder = Pick<
  Credential,
  'principal' | 'roles' | 'person' | 'scopes' | 'expiresAt' | 'mintedBy' | 'mintedWith'
>;

export interface MintedKey {
  /** `cs_<key id>_<secret>` */
  apiKey: string;
  keyId: string;
}

/** What a person made for themselves: the secret stays with them. */
export interface OwnSecret {
  keyId: string;
  /** Hex. */
  secretHash: string;
}

/** @throws {CountersignError} `key-unavailable`, `store-unavailable` */
export async function mintApiKey(writer: ControlWriter, order: KeyOrder): Promise<MintedKey> {
  const { apiKey, keyId, secretHash } = makeKey();
  await appendOrder(writer, { kind: 'api-key', keyId, secretHash, ...order });
  return { apiKey, keyId };
}

/**
 * Records a key whose secret its bearer made: nobody else ever had it.
 *
 * @throws {CountersignError} `conflict` where a key has this id; `key-unavailable`, `store-unavailable`
 */
export async function enrolKey(
  writer: ControlWriter,
  order: KeyOrder,
  { keyId, secretHash }: OwnSecret,
): Promise<void> {
  await requireFresh(writer, keyId);
  await appendOrder(writer, { kind: 'api-key', keyId, secretHash, madeByBearer: true, ...order });
}

/** A public key, and that whoever asks has its private half. */
export interface OwnSigningKey {
  keyId: string;
  /** Raw Ed25519, base64url. */
  publicKey: string;
  /** Signature over `possessionBytes`, base64url. */
  proof: string;
}

/**
 * Records a key whose signatures are taken for its principal's: it lets nobody in, and nobody but its bearer can sign with it.
 *
 * @throws {CountersignError} `conflict` where a key has this id; `input-invalid` for a proof that is none, or scopes beyond
 * voting; `key-unavailable`, `store-unavailable`
 */
export async function enrolSigningKey(
  writer: ControlWriter,
  order: KeyOrder & { mintedWith: string },
  { keyId, publicKey, proof }: OwnSigningKey,
): Promise<void> {
  if (!writer.keys.registry.verify(publicKey, possessionBytes(keyId, publicKey), proof)) {
    throw cannotEnrol(keyId, 'its proof is not of this key', 'what "countersign keys request --signing" printed');
  }
  const [scope, ...others] = order.scopes;
  if (scope !== 'approvals:vote' || others.length > 0) {
    throw cannotEnrol(keyId, 'a signing key has no other scope', '"approvals:vote" alone');
  }
  await requireFresh(writer, keyId);
  await appendOrder(writer, {
    ...order,
    kind: 'signing-key',
    keyId,
    publicKey,
    scopes: [scope],
    madeByBearer: true,
  });
}

async function requireFresh(writer: ControlWriter, keyId: string): Promise<void> {
  if (!(await allKeys(writer)).has(keyId)) return;
  throw new CountersignError(
    'conflict',
    `Cannot enrol key "${keyId}": there is one of this id, expected a fresh one; have its bearer make another`,
  );
}

function cannotEnrol(keyId: string, is: string, expected: string): CountersignError {
  return new CountersignError('input-invalid', `Cannot enrol key "${keyId}": ${is}, expected ${expected}; correct it`);
}
