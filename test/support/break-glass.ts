/** A policy under which a lead may answer alone what needs two, and such an answer. */
import type { VoteBody } from '../../core/contracts/approval.ts';
import { keyIdOf } from './desk.ts';
import type { Harness } from './harness.ts';
import { testPolicy } from './test-worker.ts';

export function breakGlassPolicy(deadline?: string): string {
  return testPolicy(deadline)
    .replace('operator: {}', 'operator: {}\n  lead: {}')
    .replace('quorum: 1', 'quorum: 2\n    breakGlass: { role: lead, perDay: 20 }');
}

export function breaking(principal = 'mia', more: Partial<VoteBody> = {}): Partial<VoteBody> {
  const key = { method: 'api-key', credentialId: keyIdOf(principal), mintedBy: principal } as const;
  const authenticated = { ...key, stepUp: 'typed-yes' as const };
  const reason = 'The site is down, and nobody else answers.';
  return { verdict: 'break-glass', principal, roles: ['lead'], reason, authenticated, ...more };
}

/** The gateway's record of what somebody found. */
export async function signReview(
  { desk, store }: Pick<Harness, 'desk' | 'store'>,
  nonce: string,
  principal: string,
): Promise<void> {
  const review = await store.getReview(nonce);
  if (!review) throw new TypeError('no review was opened');
  const said = { finding: 'justified', reason: 'The outage is on record.', signedAt: Date.now() } as const;
  const by = { principal, roles: ['operator'], keyId: keyIdOf(principal), channel: 'terminal' as const };
  await desk.control({ kind: 'review-signature', nonce, voteDigest: review.voteDigest, ...said, ...by });
}
