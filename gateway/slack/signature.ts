/**
 * Slack's request signature, version v0: HMAC-SHA256 over `v0:<timestamp>:<raw body>`. Over the bytes that came, never over
 * what a parser made of them; compared in constant time; nothing older or newer than five minutes.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const longestAgeMs = 300_000;

/** Why it is refused; undefined when it is Slack's. @param now ms */
export function whyNotSlack(
  signingSecret: string,
  headers: { timestamp: unknown; signature: unknown },
  body: Buffer,
  now: number,
): string | undefined {
  const { timestamp, signature } = headers;
  if (typeof timestamp !== 'string' || !/^[0-9]{1,12}$/.test(timestamp)) return 'it has no timestamp';
  if (typeof signature !== 'string' || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'it has no v0 signature';
  if (Math.abs(now - Number(timestamp) * 1000) > longestAgeMs) return 'its timestamp is more than five minutes off';
  const expected = createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(Buffer.from(signature.slice(3), 'hex'), expected) ? undefined : 'its signature is another one';
}
