/**
 * Making and opening signed envelopes. Pure: the Ed25519 itself is a port, implemented in `keys/`. Opening checks in the
 * order of the proof (shape, domain, audience, key, times, signature) and says which step failed; it does not check
 * what the body means: that is the caller's business.
 */
import type { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import type { Domain, RegistryKey, Signed } from './contracts/envelope.ts';

/** Signs bytes with the private key of `kid`. */
export interface Signer {
  readonly domain: Domain;
  readonly kid: string;
  sign(bytes: Uint8Array): string;
}

/** Public keys by id, and the signature check. */
export interface KeyRegistry {
  keyByKid(kid: string): RegistryKey | undefined;
  verify(publicKey: string, bytes: Uint8Array, signature: string): boolean;
}

export interface EnvelopeTimes {
  issuedAt: number;
  notBefore?: number;
  expiresAt?: number;
}

/** The bytes that are signed: RFC 8785 of the envelope without its signature. */
export function signingBytes(envelope: Omit<Signed, 'signature'>): Uint8Array {
  return new TextEncoder().encode(signingText(envelope));
}

function signingText(envelope: Omit<Signed, 'signature'>): string {
  const { domain, kid, audience, issuedAt, notBefore, expiresAt, body } = envelope;
  return canonicalJson({ domain, kid, audience, issuedAt, notBefore, expiresAt, body });
}

/** @throws {TypeError} when the signer belongs to another domain (a key signs for one domain). */
export function sealEnvelope<D extends Domain, B>(
  signer: Signer,
  domain: D,
  audience: string,
  body: B,
  times: EnvelopeTimes,
): Signed<D, B> {
  return sealWithText(signer, domain, audience, body, times).signed;
}

/** As `sealEnvelope`, with the RFC 8785 text of the whole: what signs, hashes and keeps it would each write the same one anew. */
export function sealWithText<D extends Domain, B>(
  signer: Signer,
  domain: D,
  audience: string,
  body: B,
  times: EnvelopeTimes,
): { signed: Signed<D, B>; text: string } {
  if (signer.domain !== domain) {
    throw new TypeError(
      `Cannot sign a "${domain}": the key is for "${signer.domain}", expected a key of the same domain`,
    );
  }
  const envelope = { domain, kid: signer.kid, audience, ...times, body };
  const unsigned = signingText(envelope);
  const signature = signer.sign(new TextEncoder().encode(unsigned));
  // In the order of the whole, the signature's name is the last.
  const text = `${unsigned.slice(0, -1)},"signature":${JSON.stringify(signature)}}`;
  return { signed: { ...envelope, signature }, text };
}

export type OpenFailure =
  | 'malformed'
  | 'other-audience'
  | 'unknown-key'
  | 'key-of-other-domain'
  | 'key-revoked'
  | 'key-not-valid-then'
  | 'bad-signature'
  | 'not-yet-valid'
  | 'expired';

export type Opened<T> = { kind: 'opened'; signed: T } | { kind: 'rejected'; failure: OpenFailure };

export interface OpenOptions<T> {
  /** A schema made by `signedSchema`: it fixes the domain. */
  schema: z.ZodType<T>;
  audience: string;
  registry: KeyRegistry;
  /** Wall clock, ms. `null` when an old record is verified: then expiry and revocation-by-now do not apply. */
  now: number | null;
}

/** Opens an untrusted value as a signed envelope; throws nothing but what the registry throws (`key-unavailable`). */
export function openEnvelope<T extends Signed>(value: unknown, options: OpenOptions<T>): Opened<T> {
  const parsed = options.schema.safeParse(value);
  if (!parsed.success) return { kind: 'rejected', failure: 'malformed' };
  const signed = parsed.data;
  if (signed.audience !== options.audience) return { kind: 'rejected', failure: 'other-audience' };
  const key = options.registry.keyByKid(signed.kid);
  if (!key) return { kind: 'rejected', failure: 'unknown-key' };
  if (key.domain !== signed.domain) return { kind: 'rejected', failure: 'key-of-other-domain' };
  const failure = keyFailure(key, signed, options.now) ?? timeFailure(signed, options.now);
  if (failure) return { kind: 'rejected', failure };
  // The bytes are rebuilt from the parsed value: unknown keys were refused, so nothing unsigned can ride along.
  const bytes = bytesOrUndefined(signed);
  if (!bytes) return { kind: 'rejected', failure: 'malformed' };
  if (!options.registry.verify(key.publicKey, bytes, signed.signature)) {
    return { kind: 'rejected', failure: 'bad-signature' };
  }
  return { kind: 'opened', signed };
}

/**
 * Whether a value that this process opened before still opens: its key and its times, as they are now. Not verified again:
 * shape and signature, so only for a value that nobody can have changed since.
 *
 * @param publicKey the key that its signature was verified with
 */
export function stillOpens(
  signed: Signed,
  options: Pick<OpenOptions<Signed>, 'audience' | 'registry' | 'now'>,
  publicKey: string,
): boolean {
  const key = options.registry.keyByKid(signed.kid);
  if (key?.publicKey !== publicKey || key.domain !== signed.domain || signed.audience !== options.audience)
    return false;
  return (keyFailure(key, signed, options.now) ?? timeFailure(signed, options.now)) === undefined;
}

/** A string may hold a lone surrogate, which fits every schema and no canonical JSON; its sender is not trusted yet. */
function bytesOrUndefined(signed: Signed): Uint8Array | undefined {
  try {
    return signingBytes(signed);
  } catch {
    return undefined;
  }
}

function keyFailure(key: RegistryKey, signed: Signed, now: number | null): OpenFailure | undefined {
  if (key.revokedAt !== null && (now !== null || signed.issuedAt >= key.revokedAt)) return 'key-revoked';
  if (signed.issuedAt < key.from || (key.to !== null && signed.issuedAt > key.to)) return 'key-not-valid-then';
  return undefined;
}

function timeFailure(signed: Signed, now: number | null): OpenFailure | undefined {
  if (now === null) return undefined;
  if (signed.notBefore !== undefined && now < signed.notBefore) return 'not-yet-valid';
  if (signed.expiresAt !== undefined && now > signed.expiresAt) return 'expired';
  return undefined;
}
