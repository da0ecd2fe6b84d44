/** How a voter was authenticated, in a few words for people who look back. It judges nothing. */
import type { VoteBody } from './contracts/approval.ts';

/** `api-key k1 through session:x, confirmed by typed-yes`: names of keys and sessions, never a secret. */
export function howAuthenticated({
  method,
  credentialId,
  via,
  stepUp,
}: Omit<VoteBody['authenticated'], 'mintedBy'>): string {
  const through = via === undefined ? '' : ` through ${via}`;
  const confirmed = stepUp === undefined ? '' : `, confirmed by ${stepUp}`;
  return `${method} ${credentialId}${through}${confirmed}`;
}
