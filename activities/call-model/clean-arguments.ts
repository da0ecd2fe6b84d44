/**
 * Arguments are recorded with the model's answer, before the gate sees them: a secret in them is redacted here, and the gate
 * refuses what was redacted. Also a secret that is only visible once JSON's escapes are read.
 */
import { cleanAnswer, type CleanText, type TextGuards } from './clean-text.ts';

const escape = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const plainByEscape: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

export async function cleanArguments(guards: TextGuards, argumentsText: string): Promise<CleanText> {
  const written = await cleanAnswer(guards, argumentsText);
  const read = await cleanAnswer(guards, withoutEscapes(written.text));
  if (read.findings.length === 0) return written;
  // What the escapes hid cannot be cut out of the text as it is written: none of it is kept, only the marks.
  const marks = read.text.match(/\[secret:[a-z0-9:-]+\]/g) ?? [];
  return { text: JSON.stringify({ redacted: marks.join(' ') }), findings: [...written.findings, ...read.findings] };
}

/** By pattern and not by a parser, because the text may be no JSON at all and is recorded all the same. */
function withoutEscapes(text: string): string {
  return text.replaceAll(escape, (_, code: string | undefined, letter: string | undefined) =>
    code === undefined ? (plainByEscape[letter ?? ''] ?? letter ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
