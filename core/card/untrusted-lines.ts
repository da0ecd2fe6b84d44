/**
 * Where the values of a call come from, one line for each that was found in untrusted text, with the value. What was not found
 * is not said to be clean: a model can write the same thing in other words.
 */
import type { Card } from '../contracts/approval.ts';
import type { Finding } from '../contracts/labels.ts';
import { jsonOrUndefined } from '../json-or-undefined.ts';
import { withoutHalfPair } from './build-card.ts';
import { type CardLine, fact, value, warning } from './card-line.ts';

const guard = 'untrusted-values';
const longestValue = 120;

/** Of the guard that looks values up; its findings are shown here and not again. */
export function isValueHint(finding: Finding): boolean {
  return finding.guard === guard;
}

export function untrustedLines({ findings, labels, arguments: text, argumentsCut }: Card): CardLine[] {
  const args = argumentsCut ? undefined : jsonOrUndefined(text);
  const hints = findings.filter(isValueHint);
  const lines = hints.map(({ message, argument }) => warning('untrusted', `${value(message)}${shown(args, argument)}`));
  if (hints.length > 0 || !labels.includes('untrusted')) return lines;
  return [
    fact(
      'untrusted',
      'the run has read untrusted text; no value here was found in it word for word, which proves nothing',
    ),
  ];
}

/** By JSON pointer (RFC 6901); undefined where nothing is. */
function valueAt(root: unknown, pointer: string): unknown {
  let found = root;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null) return undefined;
    // Of a list its places alone: its length is no value of the call.
    const isThere = Array.isArray(found) ? /^\d+$/.test(name) : Object.hasOwn(found, name);
    found = isThere ? Reflect.get(found, name) : undefined;
  }
  return found;
}

function shown(args: unknown, argument: string | undefined): string {
  const found = argument === undefined ? undefined : valueAt(args, argument);
  if (typeof found !== 'string' && typeof found !== 'number') return '';
  const text = JSON.stringify(found);
  return `: ${value(text.length > longestValue ? `${withoutHalfPair(text.slice(0, longestValue))}…` : text)}`;
}
