/**
 * Redact, ask the guards, then cut: what leaves this worker is redacted and checked first and whole, and only then cut to what
 * a history can hold. What cannot be redacted, or a guard refuses, is withheld; it never leaves as it was.
 */
import type { ToolOutput } from '../../core/contracts/activities.ts';
import type { Finding } from '../../core/contracts/labels.ts';
import { mostReceiptFindings, type ReceiptBody } from '../../core/contracts/receipt.ts';
import { digestText } from '../../core/digest.ts';
import { guardFailedRule } from '../../guards/index.ts';
import type { PointResult } from '../check-point.ts';
import type { RunToolDependencies } from './dependencies.ts';

/** Bytes of UTF-8 in a result; the whole text stays in the store. */
export const longestOutputBytes = 16 * 1024;
/** Characters that are looked at and kept at all. */
const longestWhole = 4 * 1024 * 1024;

export interface ShapedOutput {
  output: ToolOutput;
  /** Of the whole redacted text, or of the words in its place. */
  outputDigest: string;
  /** For the receipt. */
  said: Pick<ReceiptBody, 'findings' | 'withheldBy'>;
}

type Check = (text: string) => Promise<PointResult>;

const unchecked: Check = async () => ({ findings: [], refusal: undefined });

/** @param check the guards' say on the redacted text; absent: these are words of our own */
export async function shapeOutput(
  { redact, store }: Pick<RunToolDependencies, 'redact' | 'store'>,
  raw: string,
  check: Check = unchecked,
): Promise<ShapedOutput> {
  const text = await redacted(redact, raw);
  const { findings, refusal } = await check(text).catch(notChecked);
  const whole = refusal ? withheld(refusal) : text;
  const said = {
    ...(findings.length > 0 ? { findings: findings.slice(0, mostReceiptFindings) } : {}),
    ...(refusal ? { withheldBy: refusal.guard } : {}),
  };
  const shown = cutUtf8(whole, longestOutputBytes);
  if (shown.length === whole.length) {
    return {
      output: { text: shown, truncated: false, bodyDigest: null },
      outputDigest: digestText('body', whole),
      said,
    };
  }
  const bodyDigest = await store.putBody(whole);
  return { output: { text: shown, truncated: true, bodyDigest }, outputDigest: bodyDigest, said };
}

/** The effect stands whatever a guard says of its words: the outcome is told, the words are not. */
function withheld({ guard, rule, message }: Finding): string {
  return `[withheld: guard "${guard}" refused the result by "${rule}": ${message}]`;
}

function notChecked(): PointResult {
  const refusal: Finding = {
    guard: 'after-tool',
    rule: guardFailedRule,
    severity: 'critical',
    message: 'the guards could not be asked',
  };
  return { findings: [refusal], refusal };
}

/** Redacted and checked text of a reason, short enough for a history. There is no receipt that could say what was found. */
export async function shapeReason(
  dependencies: Pick<RunToolDependencies, 'redact'>,
  raw: string,
  check: Check = unchecked,
): Promise<string> {
  const text = await redacted(dependencies.redact, raw);
  const { refusal } = await check(text).catch(notChecked);
  return cutUtf8(refusal ? withheld(refusal) : text, 500);
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
