/** What an API key consists of, made from the system's randomness. Whoever makes it here is the only one who has it. */
import { generateKeyPairSync, randomBytes, randomInt, sign } from 'node:crypto';
import { rawPublicKey } from '../keys/index.ts';
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
  const keyId = makeKeyId();
  const secret = randomBytes(32).toString('base64url');
  return { apiKey: `cs_${keyId}_${secret}`, keyId, secretHash: hashSecret(secret) };
}

export interface FreshSigningKey {
  keyId: string;
  /** PKCS 8 in PEM: for its bearer's file, and for nobody else. */
  privateKey: string;
  /** Raw Ed25519, base64url. */
  publicKey: string;
  /** That whoever asks has the private half, base64url. */
  proof: string;
}

export function makeSigningKey(): FreshSigningKey {
  const keyId = makeKeyId();
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = rawPublicKey(privateKey);
  const proof = sign(null, possessionBytes(keyId, publicKey), privateKey).toString('base64url');
  return { keyId, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), publicKey, proof };
}

/** What is signed to show that one has the private half of the key that one asks to be enrolled. */
export function possessionBytes(keyId: string, publicKey: string): Buffer {
  return Buffer.from(`countersign/v1/signing-key\n${keyId}\n${publicKey}`, 'utf8');
}

function makeKeyId(): string {
  return Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('');
}
