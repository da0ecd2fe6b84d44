/**
 * Notes that a person is shown a request's card: for the record of who looked. It gates nothing, and what cannot be noted is
 * logged and shown all the same: a record that fails must not keep anybody from answering.
 */
import type { Channel } from '../core/contracts/approval.ts';
import type { GatewayContext } from './options.ts';
import type { Caller } from './sessions.ts';
import type { OpenedAsk } from './verified.ts';

type Noting = Pick<GatewayContext, 'store' | 'clock' | 'logger'>;

/** Never throws. Service accounts show cards to nobody that we know of. */
export async function noteLook(
  { store, clock, logger }: Noting,
  { row: { nonce }, body }: OpenedAsk,
  { principal, person, keyId, via }: Caller,
  channel: Channel,
): Promise<void> {
  if (!person) return;
  const authenticated = { method: 'api-key' as const, credentialId: keyId, ...(via === undefined ? {} : { via }) };
  const { cardDigest } = body.ask;
  try {
    await store.noteLook({ nonce, principal, channel, cardDigest, authenticated, at: clock.now() });
  } catch {
    logger.error({ nonce, principal, channel, code: 'store-unavailable' }, 'who looked at a request was not recorded');
  }
}
