/**
 * Ed25519 by node:crypto. Signatures and public keys are accepted in their one canonical base64url form only: the spare
 * bits of the last character would otherwise give one signature several texts, and so several digests. Private keys
 * exist as KeyObject alone and never become text except to be written to their own file.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Domain } from '../core/contracts/envelope.ts';
import type { Signer } from '../core/envelope.ts';

/** Raw public key of a private or public key, base64url without padding. @throws {TypeError} for another kind of key */
export function rawPublicKey(key: KeyObject): string {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || x === undefined) {
    throw new TypeError('Cannot use a key: it is of another kind, expected an Ed25519 key');
  }
  return x;
}

/** `<domain>-<16 hex of SHA-256 of the raw public key>` */
export function kidOf(domain: Domain, publicKey: string): string {
  const hash = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex');
  return `${domain}-${hash.slice(0, 16)}`;
}

export function signerOf(domain: Domain, privateKey: KeyObject): Signer {
  return {
    domain,
    kid: kidOf(domain, rawPublicKey(privateKey)),
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64url'),
  };
}

/** False for anything that is not exactly a valid signature; never throws. */
export function verifySignature(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  const raw = decodeCanonical(signature, 64);
  if (raw === undefined || decodeCanonical(publicKey, 32) === undefined) return false;
  try {
    return verify(null, bytes, keyObjectOf(publicKey), raw);
  } catch {
    return false;
  }
}

/** More than a deployment verifies with at a time; making one takes half as long as the check itself. */
const mostKeys = 256;
const keyObjects = new Map<string, KeyObject>();

/** The same text is the same key, for ever. @throws where it is none */
function keyObjectOf(publicKey: string): KeyObject {
  const known = keyObjects.get(publicKey);
  if (known) return known;
  const made = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  const oldest = keyObjects.size >= mostKeys ? keyObjects.keys().next().value : undefined;
  if (oldest !== undefined) keyObjects.delete(oldest);
  keyObjects.set(publicKey, made);
  return made;
}

/** The bytes of base64url text without padding, or undefined when it is not the one text of that many bytes. */
export function decodeCanonical(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : undefined;
}
