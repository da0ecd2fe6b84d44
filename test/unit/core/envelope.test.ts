/** A signed object opens only as it was signed, where and when it counts: one test per tampered field and per failure. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import type { RegistryKey } from '../../../core/contracts/envelope.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { type EnvelopeTimes, openEnvelope, sealEnvelope, sealWithText, signingBytes } from '../../../core/envelope.ts';
import { signerOf } from '../../../keys/index.ts';
import {
  allowBody,
  askBody,
  audience,
  denyBody,
  issuedAt,
  keyFrom,
  testKey,
  testRegistry,
  voteBody,
} from '../../vectors/samples.ts';

const voteSigner = signerOf('vote', testKey('vote').privateKey);
const decisionSigner = signerOf('decision', testKey('decision').privateKey);
const seal = (times: EnvelopeTimes = { issuedAt }) => sealEnvelope(voteSigner, 'vote', audience, voteBody, times);
const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

interface Conditions {
  now?: number | null;
  audience?: string;
  change?: (key: RegistryKey) => RegistryKey;
}
function outcome(value: unknown, conditions: Conditions = {}) {
  const { now = issuedAt, change } = conditions;
  const options = {
    schema: signedVoteSchema,
    audience: conditions.audience ?? audience,
    registry: testRegistry(change),
    now,
  };
  const opened = openEnvelope(value, options);
  return opened.kind === 'opened' ? 'opened' : opened.failure;
}

describe('openEnvelope', () => {
  test('opens what was sealed', () => {
    expect(outcome(seal())).toBe('opened');
    expect(outcome(JSON.parse(JSON.stringify(seal())))).toBe('opened');
  });

  test.each<EnvelopeTimes>([
    { issuedAt },
    { issuedAt, expiresAt: issuedAt + 1 },
    { issuedAt, notBefore: issuedAt, expiresAt: issuedAt + 1 },
  ])('P4 the text that is hashed and kept is the one text of what was sealed, with times %j', (times) => {
    for (const body of [allowBody, askBody, denyBody]) {
      const { signed, text } = sealWithText(decisionSigner, 'decision', audience, body, times);
      expect(text).toBe(canonicalJson(signed));
    }
  });

  test('does not depend on the order in which members came', () => {
    const reversed = Object.fromEntries(
      Object.entries({ ...seal(), body: Object.fromEntries(Object.entries(voteBody).reverse()) }).reverse(),
    );
    expect(outcome(reversed)).toBe('opened');
  });

  test.each([null, undefined, 1, '', 'x', [], {}, [seal()], JSON.stringify(seal())])(
    'rejects the non-envelope %j',
    (value) => {
      expect(outcome(value)).toBe('malformed');
    },
  );

  test('rejects another domain than the one expected, even correctly signed', () => {
    const decision = sealEnvelope(decisionSigner, 'decision', audience, voteBody, { issuedAt });
    expect(outcome(decision)).toBe('malformed');
    expect(outcome({ ...decision, domain: 'vote' })).toBe('key-of-other-domain');
  });

  test('rejects a signature by another domain’s key under this domain’s key id', () => {
    const forged = sealEnvelope(
      { ...decisionSigner, domain: 'vote', kid: voteSigner.kid },
      'vote',
      audience,
      voteBody,
      { issuedAt },
    );
    expect(outcome(forged)).toBe('bad-signature');
  });

  test('rejects another audience, also when it is put right after signing', () => {
    const staging = sealEnvelope(voteSigner, 'vote', 'staging', voteBody, { issuedAt });
    expect(outcome(staging)).toBe('other-audience');
    expect(outcome({ ...staging, audience })).toBe('bad-signature');
    expect(outcome(seal(), { audience: 'production' })).toBe('other-audience');
  });

  test('rejects an unknown key', () => {
    expect(outcome({ ...seal(), kid: `vote-${'0'.repeat(16)}` })).toBe('unknown-key');
  });

  test('rejects a revoked key, whenever it signed', () => {
    expect(outcome(seal(), { change: (key) => ({ ...key, revokedAt: issuedAt + 1 }) })).toBe('key-revoked');
    expect(outcome(seal(), { change: (key) => ({ ...key, revokedAt: issuedAt - 1 }) })).toBe('key-revoked');
    expect(outcome(seal(), { change: (key) => ({ ...key, revokedAt: issuedAt + 9e9 }) })).toBe('key-revoked');
  });

  test('in an old record takes what a key signed before its revocation, and nothing from then on', () => {
    expect(outcome(seal(), { now: null, change: (key) => ({ ...key, revokedAt: issuedAt + 1 }) })).toBe('opened');
    expect(outcome(seal(), { now: null, change: (key) => ({ ...key, revokedAt: issuedAt }) })).toBe('key-revoked');
  });

  test.each([
    ['before its key’s time', keyFrom - 1, 'key-not-valid-then'],
    ['at its key’s first millisecond', keyFrom, 'opened'],
    ['at its key’s last millisecond', keyFrom + 1000, 'opened'],
    ['after its key’s time', keyFrom + 1001, 'key-not-valid-then'],
  ])('of one issued %s says: %4$s', (_name, at, expected) => {
    expect(outcome(seal({ issuedAt: at }), { change: (key) => ({ ...key, to: keyFrom + 1000 }) })).toBe(expected);
    expect(outcome(seal({ issuedAt: at }), { now: null, change: (key) => ({ ...key, to: keyFrom + 1000 }) })).toBe(
      expected,
    );
  });

  test('rejects what is not yet valid or expired, to the millisecond', () => {
    const signed = seal({ issuedAt, notBefore: issuedAt + 10, expiresAt: issuedAt + 20 });
    expect([9, 10, 20, 21].map((later) => outcome(signed, { now: issuedAt + later }))).toEqual([
      'not-yet-valid',
      'opened',
      'opened',
      'expired',
    ]);
    expect(outcome(signed, { now: null })).toBe('opened');
  });

  test.each([
    ['a longer life', { expiresAt: issuedAt + 9e9 }],
    ['no end', { expiresAt: undefined }],
    ['an earlier start', { notBefore: issuedAt }],
    ['no start', { notBefore: undefined }],
    ['another time of issue', { issuedAt: issuedAt + 1 }],
  ])('rejects %s given after signing', (_name, change) => {
    const signed = seal({ issuedAt, notBefore: issuedAt + 10, expiresAt: issuedAt + 20 });
    expect(outcome({ ...signed, ...change }, { now: issuedAt + 15 })).toBe('bad-signature');
  });

  test('rejects an end or a start added after signing', () => {
    expect(outcome({ ...seal(), expiresAt: issuedAt + 1 })).toBe('bad-signature');
    expect(outcome({ ...seal(), notBefore: issuedAt })).toBe('bad-signature');
  });

  test('rejects an extra member of the envelope or its body', () => {
    expect(outcome({ ...seal(), extra: 1 })).toBe('malformed');
    expect(outcome({ ...seal(), body: { ...voteBody, extra: 1 } })).toBe('malformed');
    expect(outcome({ ...seal(), body: { ...voteBody, authenticated: { ...voteBody.authenticated, extra: 1 } } })).toBe(
      'malformed',
    );
  });

  test.each(Object.keys(seal()))('rejects an envelope without %s', (member) => {
    expect(outcome(Object.fromEntries(Object.entries(seal()).filter(([name]) => name !== member)))).toBe('malformed');
  });

  test('a member that would pollute the prototype is refused', () => {
    expect(outcome(JSON.parse(JSON.stringify(seal()).replace('{', '{"__proto__":{"x":1},')))).toBe('malformed');
  });

  test.each<[string, object]>([
    ['nonce', { nonce: '00000000-0000-4000-8000-000000000000' }],
    ['callKey', { callKey: voteBody.callKey.replace('/3.0', '/3.1') }],
    ['askDigest', { askDigest: voteBody.cardDigest }],
    ['cardDigest', { cardDigest: voteBody.askDigest }],
    ['termsDigest', { termsDigest: voteBody.askDigest }],
    ['verdict', { verdict: 'deny' }],
    ['principal', { principal: 'mallory' }],
    ['roles', { roles: ['admin'] }],
    ['authenticated', { authenticated: { ...voteBody.authenticated, mintedBy: 'mallory' } }],
    ['channel', { channel: 'slack' }],
    ['castAt', { castAt: voteBody.castAt - 1 }],
    ['reason', { reason: null }],
  ])('rejects a vote whose %s was changed', (name, change) => {
    expect(Object.keys(voteBody)).toContain(name);
    expect(outcome({ ...seal(), body: { ...voteBody, ...change } })).toBe('bad-signature');
  });

  test('rejects any flipped bit of the signature', () => {
    const signed = seal();
    const raw = Buffer.from(signed.signature, 'base64url');
    const bits = Array.from({ length: 512 }, (_, bit) => bit);
    const taken = bits.filter((bit) => {
      const flipped = Buffer.from(raw);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return outcome({ ...signed, signature: flipped.toString('base64url') }) !== 'bad-signature';
    });
    expect(taken).toEqual([]);
  });

  test('rejects every other spelling of the same signature', () => {
    const signed = seal();
    const last = base64url.indexOf(signed.signature.at(-1) ?? '');
    const spellings = base64url.split('').filter((_, index) => index >> 4 === last >> 4 && index !== last);
    expect(spellings.length).toBe(15);
    for (const letter of spellings)
      expect(outcome({ ...signed, signature: signed.signature.slice(0, -1) + letter })).toBe('bad-signature');
    const padded = `${signed.signature}==`;
    const classic = signed.signature.replaceAll('-', '+').replaceAll('_', '/');
    expect(outcome({ ...signed, signature: padded })).toBe('malformed');
    expect(outcome({ ...signed, signature: classic === signed.signature ? `+${classic.slice(1)}` : classic })).toBe(
      'malformed',
    );
  });

  test('rejects a signature with the group order added to its scalar', () => {
    const signed = seal();
    const raw = Buffer.from(signed.signature, 'base64url');
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const scalar = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString('hex')}`) + order;
    const shifted = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse();
    expect(outcome({ ...signed, signature: Buffer.concat([raw.subarray(0, 32), shifted]).toString('base64url') })).toBe(
      'bad-signature',
    );
  });

  test('rejects text that only looks the same: composed and decomposed letters differ', () => {
    const composed = sealEnvelope(voteSigner, 'vote', audience, { ...voteBody, reason: 'caf\u00e9' }, { issuedAt });
    expect(outcome(composed)).toBe('opened');
    expect(outcome({ ...composed, body: { ...composed.body, reason: 'cafe\u0301' } })).toBe('bad-signature');
  });

  test('rejects a lone surrogate, which fits the schema, without throwing', () => {
    expect(outcome({ ...seal(), body: { ...voteBody, reason: '\ud800' } })).toBe('malformed');
    expect(outcome({ ...seal(), audience: '\udfff' }, { audience: '\udfff' })).toBe('malformed');
  });

  test('a fault of the registry is a fault, not a rejection', () => {
    const registry = {
      ...testRegistry(),
      keyByKid: () => {
        throw new Error('registry is out of reach');
      },
    };
    expect(() => openEnvelope(seal(), { schema: signedVoteSchema, audience, registry, now: issuedAt })).toThrow(
      'out of reach',
    );
  });

  test('opens nothing that was changed anywhere, for any change of one character', () => {
    const text = JSON.stringify(seal());
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', '1', 'a', 'f', '"', ' ', '-', 'Z'), (index, letter) => {
        const changed = text.slice(0, index) + letter + text.slice(index + 1);
        let value: unknown;
        try {
          value = JSON.parse(changed);
        } catch {
          return true;
        }
        return changed === text || JSON.stringify(value) === text || outcome(value) !== 'opened';
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a signed decision', () => {
  const options = { schema: signedDecisionSchema, audience, registry: testRegistry(), now: issuedAt };
  const opens = (value: unknown) => openEnvelope(value, options).kind === 'opened';
  const sealed = (body: object) => sealEnvelope(decisionSigner, 'decision', audience, body, { issuedAt });

  test('of one verdict never opens as another', () => {
    for (const body of [askBody, denyBody, allowBody]) expect(opens(sealed(body))).toBe(true);
    expect(opens({ ...sealed(askBody), body: allowBody })).toBe(false);
    expect(opens({ ...sealed(denyBody), body: { ...denyBody, verdict: 'allow' } })).toBe(false);
    expect(opens(sealed({ ...askBody, verdict: 'allow' }))).toBe(false);
    expect(opens(sealed({ ...allowBody, verdict: 'maybe' }))).toBe(false);
  });

  test.each(Object.keys(allowBody))('without its %s is no permit', (member) => {
    expect(opens(sealed(Object.fromEntries(Object.entries(allowBody).filter(([name]) => name !== member))))).toBe(
      false,
    );
  });
});

describe('sealEnvelope', () => {
  test('refuses a signer of another domain', () => {
    expect(() => sealEnvelope(decisionSigner, 'vote', audience, voteBody, { issuedAt })).toThrow(TypeError);
  });

  test('signs absent times as absent', () => {
    const text = new TextDecoder().decode(signingBytes(seal()));
    expect(text).not.toContain('notBefore');
    expect(text).not.toContain('expiresAt');
    expect(text).not.toContain('signature');
  });
});
