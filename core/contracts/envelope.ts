/**
 * The one signed envelope (contracts.md §1): `{ domain, kid, audience, issuedAt, notBefore?, expiresAt?, body }` and an
 * Ed25519 signature over its RFC 8785 bytes. A key signs for one domain, and whoever verifies names the domain expected.
 */
import { z } from 'zod';
import { timestampSchema } from './ids.ts';

export const domains = ['ticket', 'decision', 'vote', 'receipt', 'control', 'checkpoint', 'export'] as const;
export const domainSchema = z.enum(domains);
export type Domain = z.infer<typeof domainSchema>;

export const kidSchema = z.string().regex(/^[a-z]+-[0-9a-f]{16}$/);
/** Base64url without padding, 64 bytes. */
export const signatureSchema = z.string().regex(/^[A-Za-z0-9_-]{86}$/);

/** A signed object of one domain. `audience` is the deployment's name: a signature of staging means nothing in production. */
export function signedSchema<D extends Domain, B extends z.ZodType>(domain: D, body: B) {
  return z.strictObject({
    domain: z.literal(domain),
    kid: kidSchema,
    audience: z.string().min(1).max(200),
    issuedAt: timestampSchema,
    notBefore: timestampSchema.optional(),
    expiresAt: timestampSchema.optional(),
    body,
    signature: signatureSchema,
  });
}

export interface Signed<D extends Domain = Domain, B = unknown> {
  domain: D;
  kid: string;
  audience: string;
  issuedAt: number;
  notBefore?: number | undefined;
  expiresAt?: number | undefined;
  body: B;
  signature: string;
}

/** A public key as the registry keeps it. `to` limits `issuedAt`; a revoked key fails every live check. */
export const registryKeySchema = z.strictObject({
  kid: kidSchema,
  domain: domainSchema,
  /** Raw Ed25519 public key, base64url without padding, 32 bytes. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  from: timestampSchema,
  to: timestampSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
});
export type RegistryKey = z.infer<typeof registryKeySchema>;
