/** The golden vectors against our code, and against a second path that uses nothing of it but the files. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { canonicalJson, parseStrictJson } from '../../../core/canonical-json.ts';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { signedControlSchema } from '../../../core/contracts/control.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import { domainSchema, type Signed } from '../../../core/contracts/envelope.ts';
import { signedExportSchema } from '../../../core/contracts/export.ts';
import { signedReceiptSchema } from '../../../core/contracts/receipt.ts';
import { signedTicketSchema } from '../../../core/contracts/ticket.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import { makeVectors } from '../../../scripts/make-vectors.ts';
import { audience, issuedAt, testRegistry } from '../../vectors/samples.ts';

const folder = join(import.meta.dirname, '..', '..', 'vectors');
const read = <T>(name: string, schema: z.ZodType<T>): T =>
  schema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));

const schemas: Record<string, z.ZodType<Signed>> = {
  ticket: signedTicketSchema,
  decision: signedDecisionSchema,
  vote: signedVoteSchema,
  receipt: signedReceiptSchema,
  control: signedControlSchema,
  export: signedExportSchema,
};

const envelopes = read(
  'envelopes.json',
  z.array(
    z.strictObject({
      name: z.string(),
      keyPhrase: z.string(),
      publicKey: z.string(),
      signed: z.looseObject({ domain: domainSchema, kid: z.string(), signature: z.string() }),
      signingText: z.string(),
      digest: z.string().nullable(),
    }),
  ),
);
const canonical = read(
  'canonical-json.json',
  z.strictObject({
    canonical: z.array(
      z.strictObject({
        name: z.string(),
        input: z.string(),
        canonical: z.string(),
        strict: z.boolean(),
        utf8Hex: z.string(),
      }),
    ),
    numbers: z.array(z.tuple([z.string(), z.string().nullable()])),
    refused: z.array(z.strictObject({ name: z.string(), input: z.string() })),
  }),
);
const digests = read(
  'digests.json',
  z.object({ text: z.array(z.object({ purpose: z.string(), text: z.string(), digest: z.string() })) }),
);
const chain = read(
  'transcript.json',
  z.object({
    empty: z.object({ head: z.string() }),
    steps: z.array(
      z.object({
        message: z.unknown(),
        messageDigest: z.string(),
        after: z.object({ head: z.string(), count: z.int() }),
      }),
    ),
  }),
);

/** RFC 8785 again, the naive way: JavaScript's own number and string forms and its UTF-16 sort. */
function naiveCanonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(naiveCanonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${naiveCanonical(member)}`);
  return `{${members.join(',')}}`;
}
const naiveDigest = (purpose: string, text: string) =>
  `sha256:${createHash('sha256').update(`countersign/v1/${purpose}\n${text}`, 'utf8').digest('hex')}`;

describe('golden vectors', () => {
  const made = makeVectors();
  test.each(Object.keys(made))('%s is what the script makes', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(made[name]);
  });

  test('no file lacks its maker', () => {
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort(),
    ).toEqual(Object.keys(made).sort());
  });

  test('every domain and kind is there', () => {
    expect(envelopes.map(({ name }) => name)).toEqual([
      'ticket',
      'decision deny',
      'decision ask',
      'decision allow',
      'vote',
      'receipt',
      'export',
      ...['freeze', 'thaw', 'policy-activation', 'api-key', 'api-key-revocation', 'reconcile-answer'].map(
        (kind) => `control ${kind}`,
      ),
    ]);
  });
});

describe('canonical JSON vectors', () => {
  test.each(canonical.canonical)('$name', (vector) => {
    const value: unknown = JSON.parse(vector.input);
    expect(canonicalJson(value)).toBe(vector.canonical);
    expect(naiveCanonical(value)).toBe(vector.canonical);
    expect(Buffer.from(vector.canonical).toString('hex')).toBe(vector.utf8Hex);
    const strict = parseStrictJson(vector.input);
    const again = strict.kind === 'value' ? canonicalJson(strict.value) : 'refused';
    expect(again).toBe(vector.strict ? vector.canonical : 'refused');
  });

  test.each(canonical.numbers.filter(([, text]) => text !== null))('number of bits %s is %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  test.each(canonical.numbers.filter(([, text]) => text === null))('bits %s are no JSON number', (bits) => {
    expect(() => canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toThrow(/not allowed/);
  });

  test.each(canonical.refused)('the strict parser refuses: $name', ({ input }) => {
    expect(parseStrictJson(input).kind).toBe('refused');
  });
});

describe('digest vectors', () => {
  test.each(digests.text)('$purpose by node:crypto', ({ purpose, text, digest }) => {
    expect(naiveDigest(purpose, text)).toBe(digest);
  });

  test('purposes never share a digest', () => {
    expect(new Set(digests.text.map(({ digest }) => digest)).size).toBe(digests.text.length);
  });

  test('the transcript chain by node:crypto', () => {
    let head = naiveDigest('transcript', '');
    expect(head).toBe(chain.empty.head);
    for (const step of chain.steps) {
      expect(naiveDigest('message', naiveCanonical(step.message))).toBe(step.messageDigest);
      head = naiveDigest('transcript', `${head}\n${step.messageDigest}`);
      expect(head).toBe(step.after.head);
    }
  });
});

describe.each(envelopes)('envelope vector $name', ({ keyPhrase, publicKey, signed, signingText, digest }) => {
  test('opens with our code', () => {
    const schema = schemas[signed.domain]!;
    const opened = openEnvelope(signed, { schema, audience, registry: testRegistry(), now: issuedAt + 1 });
    expect(opened).toEqual({ kind: 'opened', signed });
  });

  test('verifies by node:crypto and the README alone', () => {
    const { signature, ...unsigned } = signed;
    expect(naiveCanonical(unsigned)).toBe(signingText);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    expect(verify(null, Buffer.from(signingText), key, Buffer.from(signature, 'base64url'))).toBe(true);
    const kidHash = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex');
    expect(signed.kid).toBe(`${signed.domain}-${kidHash.slice(0, 16)}`);
    expect(digest === null ? null : naiveDigest(signed.domain, naiveCanonical(signed))).toBe(digest);
  });

  test('is signed again to the same signature from the phrase', () => {
    const d = createHash('sha256').update(keyPhrase).digest('base64url');
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey, d }, format: 'jwk' });
    expect(sign(null, Buffer.from(signingText), key).toString('base64url')).toBe(signed.signature);
  });
});
