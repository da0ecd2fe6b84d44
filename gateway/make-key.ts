/** What an API key consists of, made from the system's randomness. Whoever makes it here is the only one who has it. */
import { randomBytes, randomInt } from 'node:crypto';
import { hashSecret } from './credentials.ts';

export interface FreshKey {
  /** `cs_<key id>_<secret>` */
  apiKey: string;
  keyId: string;
  /** Hex; tells nothing of the secret. */
  secretHash: string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function makeKey(): FreshKey {
  const keyId = Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('');
  const secret = randomBytes(32).toString('base64url');
  return { apiKey: `cs_${keyId}_${secret}`, keyId, secretHash: hashSecret(secret) };
}
