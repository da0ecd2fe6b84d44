/** Commands that print what is in files, whatever it is: by name, and searches whose pattern every line fits. */
import { isAnyLine } from './file-patterns.ts';
import type { Arg } from './words.ts';

const printers = new Set(
  'cat tac head tail nl strings base64 base32 basenc xxd od hexdump hd paste sort rev pr fold fmt expand unexpand cut uniq column shuf tr sed awk gawk mawk bat batcat less more jq yq iconv look tsort comm join diff openssl'.split(
    ' ',
  ),
);
export const searches: ReadonlySet<string> = new Set(['grep', 'egrep', 'fgrep', 'zgrep', 'rg', 'ag', 'ack']);
const inScript =
  /(?:^|[\s;|&({`])(?:\/\S*\/)?(?:cat|tac|head|tail|nl|strings|base64|base32|xxd|od|sed|awk|paste|rev)(?=\s)/u;

/** @param words of a command, those of wrappers in front of it too: `nice cat`, `sh -c 'cat "$1"'` */
export function isPrinting(words: readonly Arg[]): boolean {
  const at = words.findIndex(({ text }) => isPrinter(text) || searches.has(baseOf(text)) || inScript.test(text));
  if (at < 0) return false;
  const [first, ...rest] = words.slice(at);
  if (!first || !searches.has(baseOf(first.text))) return true;
  if (rest.some(({ text }) => /^-[A-Za-z]*[lLcq]|^--(?:files|count|quiet)/u.test(text))) return false;
  const pattern = rest.find(({ text }) => !text.startsWith('-'));
  return pattern !== undefined && pattern.known && isAnyLine(pattern.text);
}

export function isPrinter(text: string): boolean {
  return printers.has(baseOf(text));
}

function baseOf(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1);
}
