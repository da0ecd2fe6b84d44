/**
 * What the gateway's HTTP API takes and gives about API keys, version 1, and about what was refused to them. Unknown keys are
 * refused in both directions. Times are ms since the Unix epoch, durations ms.
 */
import { z } from 'zod';
import { principalSchema, roleSchema, timestampSchema } from '../core/contracts/ids.ts';
import { scopeSchema } from './gateway-schemas.ts';

export const keyIdSchema = z.string().regex(/^[a-z0-9]{12}$/);
export const publicKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .describe('Raw Ed25519, base64url');
export const mintKeyRequestSchema = z.strictObject({
  principal: principalSchema,
  roles: z.array(roleSchema).max(50),
  person: z.boolean().describe('People vote; service accounts start runs'),
  scopes: z.array(scopeSchema).min(1),
  expiresInMs: z
    .int()
    .min(1000)
    .max(366 * 86_400_000),
  own: z
    .union([
      z.strictObject({
        keyId: keyIdSchema,
        secretHash: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe('SHA-256 of the secret part, hex'),
      }),
      z.strictObject({
        keyId: keyIdSchema,
        publicKey: publicKeySchema,
        proof: z
          .string()
          .regex(/^[A-Za-z0-9_-]{86}$/)
          .describe('Its signature over what says that the private half is there, base64url'),
      }),
    ])
    .optional()
    .describe(
      "What the bearer made for themselves: an API key's hash or a signing key's public half. Absent: an API key is made here, and a person's cannot vote with it",
    ),
});
export type MintKeyRequest = z.infer<typeof mintKeyRequestSchema>;
export const keyViewSchema = z.strictObject({
  keyId: keyIdSchema,
  principal: principalSchema,
  roles: z.array(roleSchema),
  person: z.boolean(),
  scopes: z.array(scopeSchema),
  expiresAt: timestampSchema,
  mintedBy: principalSchema,
  mintedWith: keyIdSchema.nullable().describe('The key that it was made with'),
  lastUsedAt: timestampSchema.nullable().describe('Null: never, or not within the last second'),
  madeByBearer: z.boolean().describe('Its bearer made the secret, and nobody else had it'),
  publicKey: publicKeySchema.nullable().describe('Of a signing key; null: an API key'),
});
export type KeyView = z.infer<typeof keyViewSchema>;
export const keyMintedSchema = z.strictObject({
  ...keyViewSchema.shape,
  apiKey: z.string().nullable().describe('Shown once; kept nowhere. Null: its bearer has it'),
  undeclaredRoles: z
    .array(roleSchema)
    .optional()
    .describe('Those of its roles that no policy in force declares; absent: none'),
});
export type KeyMinted = z.infer<typeof keyMintedSchema>;
export const refusalListSchema = z.strictObject({
  refusals: z.array(
    z.strictObject({
      route: z.string().describe('Method and pattern of the address'),
      keyId: keyIdSchema.nullable().describe('Null: no key of this gateway came with it'),
      about: z.string().describe('The request, run or key that it was about; empty: none'),
      code: z.string(),
      attempts: z.int().min(1).describe('Within the minute'),
      lastAt: timestampSchema,
    }),
  ),
});
export type RefusalList = z.infer<typeof refusalListSchema>;
export const keyListSchema = z.strictObject({ keys: z.array(keyViewSchema) });
