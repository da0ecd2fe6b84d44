/** What an attacker can make without our keys: objects of every domain, signed with a key of its own under the real key's name. */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { Domain } from '../../../core/contracts/envelope.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { audience } from '../../support/harness.ts';
import type { Stage } from './stage.ts';

const { privateKey } = generateKeyPairSync('ed25519');

/** Valid in every respect but whose signature it is. */
export function forge<B>({ harness }: Stage, domain: Domain, body: B, lifeMs = 60_000) {
  const now = Date.now();
  const { kid } = harness.keys.signer(domain);
  const signer = { domain, kid, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey).toString('base64url') };
  return sealEnvelope(signer, domain, audience, body, { issuedAt: now, expiresAt: now + lifeMs });
}

export function someRunId(): string {
  return `run-${randomUUID()}`;
}
