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

/** Beyond this a chain of keys is nobody's honest doing, and the first makers are behind it all the same. */
const mostMakers = 50;

/**
 * Whoever made or enrolled a key, whoever did so with that one's key, and so on, without its own principal: any of them could have
 * made up the person whose it is.
 * @param keyById also of keys that were revoked since: who made a key stays true
 */
export function makersOf(
  { principal, mintedBy, mintedWith }: Made,
  keyById: (keyId: string) => Made | undefined,
): ReadonlySet<string> {
  const makers = new Set([mintedBy]);
  const seen = new Set<string>();
  for (let keyId = mintedWith; keyId !== undefined && !seen.has(keyId) && seen.size < mostMakers; ) {
    seen.add(keyId);
    const key = keyById(keyId);
    if (key) makers.add(key.mintedBy);
    keyId = key?.mintedWith;
  }
  makers.delete(principal);
  return makers;
}

type Made = Pick<Extract<ControlBody, { kind: 'api-key' | 'signing-key' }>, 'principal' | 'mintedBy'> & {
  mintedWith?: string | undefined;
};

/**
 * Why not; undefined when they may.
 * @param makers of the credential, see `makersOf`: the people that they are, as `requesters` are
 * @param requesters nobody where the terms let requesters approve
 */
export function whyNoVote(
  credential: Credential | undefined,
  makers: ReadonlySet<string>,
  requesters: ReadonlySet<string>,
  now: number,
  verdict: VoteVerdict,
): string | undefined {
  if (!credential || credential.expiresAt < now) return 'its credential was revoked, expired or is not known';
  const { kind, principal, person, mintedBy, madeByBearer } = credential;
  if (!person) {
    if (kind === 'api-key') return 'a service account cannot vote';
    return verdict === 'deny' ? undefined : 'a system can deny and not approve';
  }
  if (mintedBy !== principal && madeByBearer !== true)
    return 'its credential was made by somebody else, who could have used it';
  // Whoever enrols people could enrol one that is not there, and have that one enrol the next.
  return [...requesters].some((one) => makers.has(one)) ? 'its credential was made by the requester' : undefined;
}

/**
 * Whoever edited a call could enrol somebody to approve it, and have that one enrol the next.
 * @param makers of the credential, see `makersOf`: the people that they are, as `coAuthors` are
 * @param coAuthors who edited it
 */
export function whyNotAfterEdits(makers: ReadonlySet<string>, coAuthors: ReadonlySet<string>): string | undefined {
  return [...coAuthors].some((one) => makers.has(one))
    ? 'its credential was made by whoever edited the arguments'
    : undefined;
}
