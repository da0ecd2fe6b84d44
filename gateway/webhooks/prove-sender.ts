/**
 * Whose delivery it is, by the Standard Webhooks specification with asymmetric keys (`v1a`): Ed25519 over id, time and the very
 * bytes that came, by a key that stands, at most five minutes off this machine's clock. Nothing of the body is read before.
 * Not yet said: what the sender may do, and whether the same delivery came before.
 */
import { createHash } from 'node:crypto';
import { CountersignError } from '../../core/errors.ts';
import { type SigningKey, standingVotingKeys } from '../credentials.ts';
import type { GatewayContext } from '../options.ts';

type Prover = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

/** Either way from this machine's clock, ms: what the specification's libraries allow. */
export const longestAgeMs = 300_000;
const mostSignatures = 5;

export interface ProvenDelivery {
  sender: SigningKey;
  /** `webhook-id`: the same for each repetition of one answer. */
  id: string;
  /** Of exactly this delivery, whichever of its signatures came along. */
  digest: string;
}

export type Proof =
  | { kind: 'proven'; delivery: ProvenDelivery }
  /** `keyId`: where there is such a key. `reason` is for the log where the words to the sender do not say it. */
  | { kind: 'refused'; keyId: string | null; reason: string };

export async function proveSender(
  gateway: Prover,
  headers: Readonly<Record<string, unknown>>,
  body: Buffer,
): Promise<Proof> {
  const keyId = textOf(headers['countersign-key'], /^[a-z0-9]{12}$/);
  const id = textOf(headers['webhook-id'], /^[A-Za-z0-9_-]{1,64}$/);
  const timestamp = textOf(headers['webhook-timestamp'], /^[0-9]{1,12}$/);
  const signatures = signaturesIn(headers['webhook-signature']);
  if (keyId === undefined || id === undefined || timestamp === undefined || signatures.length === 0) {
    return { kind: 'refused', keyId: null, reason: 'its headers are not those of a signed webhook' };
  }
  const now = gateway.clock.now();
  if (!isFresh(Number(timestamp) * 1000, now)) {
    return { kind: 'refused', keyId: null, reason: 'its timestamp is more than five minutes off' };
  }
  const sender = await standingSigningKey(gateway, keyId);
  if (!sender) return { kind: 'refused', keyId: null, reason: 'its key is not known, revoked or expired' };
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'utf8'), body]);
  const fits = signatures.some((signature) => gateway.keys.registry.verify(sender.publicKey, signed, signature));
  if (!fits) return { kind: 'refused', keyId, reason: 'its signature is another one' };
  const digest = createHash('sha256').update(`${keyId}\n`).update(signed).digest('hex');
  return { kind: 'proven', delivery: { sender, id, digest } };
}

/** One that has not expired, and is for voting. */
export async function standingSigningKey(gateway: Prover, keyId: string): Promise<SigningKey | undefined> {
  const key = (await standingVotingKeys(gateway)).get(keyId);
  return key?.kind === 'signing-key' && key.expiresAt > gateway.clock.now() ? key : undefined;
}

export function isFresh(at: number, now: number): boolean {
  return Math.abs(now - at) <= longestAgeMs;
}

/** As the registry takes it; undefined where it is not the one text of those bytes. */
export function fromBase64(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes.toString('base64url') : undefined;
}

/** Which of them was wrong is not said: which keys there are is nobody's business. */
export function notOfSender(): CountersignError {
  return new CountersignError(
    'unauthenticated',
    'Cannot take this webhook: it is not signed by a key that stands within five minutes of now, expected countersign-key, webhook-id, webhook-timestamp and a v1a webhook-signature over what came; sign it again, with a clock that is right',
  );
}

function signaturesIn(value: unknown): string[] {
  const parts = typeof value === 'string' && value.length <= 1000 ? value.split(' ') : [];
  return parts.slice(0, mostSignatures).flatMap((part) => {
    const [, text] = /^v1a,([A-Za-z0-9+/]{86}==)$/.exec(part) ?? [];
    return text === undefined ? [] : (fromBase64(text) ?? []);
  });
}

function textOf(value: unknown, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}
