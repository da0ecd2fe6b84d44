/**
 * Whether votes that were cast with a credential may count: only a person's own, by a credential that nobody else could have
 * used. A system may say no, by its own signature; it never says yes. Gateway, gate and whoever counts who could answer ask here.
 */
import type { VoteVerdict } from './contracts/approval.ts';
import type { ControlBody } from './contracts/control.ts';

type Credential = Pick<
  Extract<ControlBody, { kind: 'api-key' | 'signing-key' }>,
  'kind' | 'principal' | 'person' | 'mintedBy' | 'expiresAt' | 'madeByBearer'
>;

/**
 * Why not; undefined when they may.
 * @param requesters empty where the terms let requesters approve
 * @param verdict absent: an approval
 */
export function whyNoVote(
  credential: Credential | undefined,
  requesters: readonly string[],
  now: number,
  verdict: VoteVerdict = 'approve',
): string | undefined {
  if (!credential || credential.expiresAt < now) return 'its credential was revoked, expired or is not known';
  const { kind, principal, person, mintedBy, madeByBearer } = credential;
  if (!person) {
    if (kind === 'api-key') return 'a service account cannot vote';
    return verdict === 'deny' ? undefined : 'a system can deny and not approve';
  }
  if (mintedBy === principal) return undefined;
  if (madeByBearer !== true) return 'its credential was made by somebody else, who could have used it';
  // Whoever enrols people could enrol one that is not there.
  return requesters.includes(mintedBy) ? 'its credential was made by the requester' : undefined;
}
