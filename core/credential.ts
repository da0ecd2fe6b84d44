/**
 * Whether votes that were cast with a credential may count: only a person's own, by a credential that nobody else could have
 * used. Gateway, gate and whoever counts who could answer ask here.
 */
import type { ControlBody } from './contracts/control.ts';

type Credential = Pick<
  Extract<ControlBody, { kind: 'api-key' }>,
  'principal' | 'person' | 'mintedBy' | 'expiresAt' | 'madeByBearer' | 'scopes'
>;

/** Why not; undefined when they may. @param requesters empty where the terms let requesters approve */
export function whyNoVote(
  credential: Credential | undefined,
  requesters: readonly string[],
  now: number,
): string | undefined {
  if (!credential || credential.expiresAt < now) return 'its credential was revoked, expired or is not known';
  const { principal, person, mintedBy, madeByBearer } = credential;
  if (!person) return 'a service account cannot vote';
  if (mintedBy === principal) return undefined;
  if (madeByBearer !== true) return 'its credential was made by somebody else, who could have used it';
  // Whoever enrols people could enrol one that is not there.
  return requesters.includes(mintedBy) ? 'its credential was made by the requester' : undefined;
}

/** Whoever edited a call could enrol somebody to approve it. @param coAuthors who edited it */
export function whyNotAfterEdits(credential: Credential | undefined, coAuthors: readonly string[]): string | undefined {
  const { mintedBy = '', principal } = credential ?? {};
  return mintedBy !== principal && coAuthors.includes(mintedBy)
    ? 'its credential was made by whoever edited the arguments'
    : undefined;
}
