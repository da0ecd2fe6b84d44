/**
 * Redact, then cut: what leaves this worker is redacted first and whole, and only then cut to what a history can hold.
 * When redaction fails the text is withheld; it never leaves as it was.
 */
import type { ToolOutput } from '../../core/contracts/activities.ts';
import { digestText } from '../../core/digest.ts';
import type { RunToolDependencies } from './dependencies.ts';

/** Bytes of UTF-8 in a result; the whole text stays in the store. */
export const longestOutputBytes = 16 * 1024;
/** Characters that are looked at and kept at all. */
const longestWhole = 4 * 1024 * 1024;

export interface ShapedOutput {
  output: ToolOutput;
  /** Of the whole redacted text. */
  outputDigest: string;
}

export async function shapeOutput(
  { redact, store }: Pick<RunToolDependencies, 'redact' | 'store'>,
  raw: string,
): Promise<ShapedOutput> {
  const whole = await redacted(redact, raw);
  const text = cutUtf8(whole, longestOutputBytes);
  if (text.length === whole.length) {
    return { output: { text, truncated: false, bodyDigest: null }, outputDigest: digestText('body', whole) };
  }
  const bodyDigest = await store.putBody(whole);
  return { output: { text, truncated: true, bodyDigest }, outputDigest: bodyDigest };
}

/** Redacted text of a reason, short enough for a history. */
export async function shapeReason(dependencies: Pick<RunToolDependencies, 'redact'>, raw: string): Promise<string> {
  return cutUtf8(await redacted(dependencies.redact, raw), 500);
}

async function redacted(redact: RunToolDependencies['redact'], raw: string): Promise<string> {
  const bounded = raw.length > longestWhole ? `${raw.slice(0, longestWhole)}\n[the rest was dropped]` : raw;
  try {
    return (await redact(bounded.toWellFormed())).text.toWellFormed();
  } catch {
    return '[withheld: the output could not be checked for secrets]';
  }
}

/** At most so many bytes of UTF-8, cut between characters. */
export function cutUtf8(text: string, longestBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= longestBytes) return text;
  let end = longestBytes;
  // A byte 10xxxxxx continues a character: go back to where one starts.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end));
}
