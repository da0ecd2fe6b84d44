/** Makes API keys: the key itself is returned once and kept nowhere; the signed record holds its hash. */
import { randomBytes, randomInt } from 'node:crypto';
import { appendOrder, type ControlWriter } from './control-records.ts';
import { type Credential, hashSecret } from './credentials.ts';

export type KeyOrder = Pick<Credential, 'principal' | 'roles' | 'person' | 'scopes' | 'expiresAt' | 'mintedBy'>;

export interface MintedKey {
  /** `cs_<key id>_<secret>` */
  apiKey: string;
  keyId: string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** @throws {CountersignError} `key-unavailable`, `store-unavailable` */
export async function mintApiKey(writer: ControlWriter, order: KeyOrder): Promise<MintedKey> {
  const keyId = Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('');
  const secret = randomBytes(32).toString('base64url');
  await appendOrder(writer, { kind: 'api-key', keyId, secretHash: hashSecret(secret), ...order });
  return { apiKey: `cs_${keyId}_${secret}`, keyId };
}
