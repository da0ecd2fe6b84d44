/**
 * What a grant covers, as one digest: of everything in it but its id and when it was made. A person is shown what they are about
 * to propose before it exists, and what is recorded then must have the digest of what they were shown.
 */
import type { Grant } from '../contracts/grant.ts';
import { digestJson } from '../digest.ts';

export function coverageDigestOf(grant: Grant): string {
  const { grantId: _id, grantedAt, expiresAt, ...covered } = grant;
  return digestJson('grant-coverage', { ...covered, ttlMs: expiresAt - grantedAt });
}
