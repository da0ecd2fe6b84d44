/** What was opened before is opened again without its signature, and never where anything that may change by itself did change. */
import { expect, test } from 'vitest';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import type { RegistryKey } from '../../../core/contracts/envelope.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { deepFrozen, openOnce } from '../../../core/open-once.ts';
import { signerOf } from '../../../keys/index.ts';
import { audience, issuedAt, testKey, testRegistry, voteBody } from '../../vectors/samples.ts';

const signer = signerOf('vote', testKey('vote').privateKey);
const sealed = () =>
  sealEnvelope(signer, 'vote', audience, structuredClone(voteBody), { issuedAt, expiresAt: issuedAt + 1000 });

/** A registry that counts, and whose keys a test may change. */
function counting() {
  const state = { verified: 0, change: (key: RegistryKey) => key };
  const registry = {
    keyByKid: (kid: string) => testRegistry((key) => state.change(key)).keyByKid(kid),
    verify: (...[key, bytes, signature]: Parameters<ReturnType<typeof testRegistry>['verify']>) => {
      state.verified += 1;
      return testRegistry().verify(key, bytes, signature);
    },
  };
  const options = { schema: signedVoteSchema, audience, registry, now: issuedAt as number | null };
  return { state, options };
}

test('a frozen value is verified once, and one that could be changed each time', () => {
  const { state, options } = counting();
  const frozen = deepFrozen(sealed());
  for (let time = 0; time < 3; time += 1) expect(openOnce(frozen, options)).toMatchObject({ kind: 'opened' });
  expect(state.verified).toBe(1);
  const loose = sealed();
  for (let time = 0; time < 3; time += 1) expect(openOnce(loose, options)).toMatchObject({ kind: 'opened' });
  expect(state.verified).toBe(4);
  loose.body.principal = 'mallory';
  expect(openOnce(loose, options)).toMatchObject({ failure: 'bad-signature' });
  // Frozen without is not frozen within.
  const shallow = Object.freeze(sealed());
  openOnce(shallow, options);
  shallow.body.principal = 'mallory';
  expect(openOnce(shallow, options)).toMatchObject({ failure: 'bad-signature' });
});

test.each<[string, string, (world: ReturnType<typeof counting>) => void]>([
  ['its key is revoked', 'key-revoked', ({ state }) => (state.change = (key) => ({ ...key, revokedAt: issuedAt }))],
  [
    'its key ended before',
    'key-not-valid-then',
    ({ state }) => (state.change = (key) => ({ ...key, to: issuedAt - 1 })),
  ],
  [
    'its key is of another domain',
    'key-of-other-domain',
    ({ state }) => (state.change = (key) => ({ ...key, domain: 'ticket' })),
  ],
  [
    'its key id names another key',
    'bad-signature',
    ({ state }) => (state.change = (key) => ({ ...key, publicKey: testKey('ticket').publicKey })),
  ],
  ['its time is over', 'expired', ({ options }) => (options.now = issuedAt + 1001)],
  ['it is asked for another deployment', 'other-audience', ({ options }) => (options.audience = 'countersign:other')],
])('a value that was opened before is not opened any more when %s', (_, failure, change) => {
  const world = counting();
  const value = deepFrozen(sealed());
  expect(openOnce(value, world.options)).toMatchObject({ kind: 'opened' });
  change(world);
  expect(openOnce(value, world.options)).toMatchObject({ kind: 'rejected', failure });
});

test('what was opened as one kind is not opened as another, nor is an equal value that was never looked at', () => {
  const { state, options } = counting();
  const value = deepFrozen(sealed());
  openOnce(value, options);
  expect(openOnce(value, { ...options, schema: signedDecisionSchema })).toMatchObject({ failure: 'malformed' });
  openOnce(deepFrozen(sealed()), options);
  expect(state.verified).toBe(2);
});
