/** Makes API keys: the key itself is returned once and kept nowhere; the signed record holds its hash. */
import { appendOrder, type ControlWriter } from './control-records.ts';
import { allKeys, type Credential } from './credentials.ts';
import { CountersignError } from '../core/errors.ts';
import { makeKey } from './make-key.ts';

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
  if ((await allKeys(writer)).has(keyId)) {
    throw new CountersignError(
      'conflict',
      `Cannot enrol key "${keyId}": there is one of this id, expected a fresh one; have its bearer make another`,
    );
  }
  await appendOrder(writer, { kind: 'api-key', keyId, secretHash, madeByBearer: true, ...order });
}
