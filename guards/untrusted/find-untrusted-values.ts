/**
 * Which arguments of a call occur in what the run has read from untrusted places. A hint for who decides, never a wall: it
 * changes no verdict, and its silence says nothing. The wall is the label.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import type { TextIndex } from './text-index.ts';

const mostFindings = 20;
const longestPointer = 100;
/** Characters that are looked at of one value: the rest of a longer one is looked at with the next. */
const longestValue = 64 * 1024;

/** @param nameOf what a person calls the text of that source */
export function findUntrustedValues(
  args: Readonly<Record<string, unknown>>,
  index: TextIndex,
  nameOf: (source: number) => string,
): Finding[] {
  const findings: Finding[] = [];
  const others: string[] = [];
  for (const [argument, value] of valuesOf(args, '')) {
    if (findings.length >= mostFindings) return findings;
    const found = index.find(value.slice(0, longestValue));
    if (found) findings.push(toFinding(argument, found.whole, nameOf(found.source)));
    else others.push(value);
  }
  // Pieces of one value in several arguments, each too short to be told; a decoy beside them that is told hides them not.
  const together = others.join('');
  if (others.length > 1) {
    const found = index.find(together.slice(0, longestValue));
    if (found) findings.push(toFinding('', found.whole, nameOf(found.source)));
  }
  return findings;
}

function toFinding(argument: string, whole: boolean, source: string): Finding {
  const what = argument === '' ? 'the arguments, put together,' : whole ? 'its value' : 'a part of its value';
  const does = argument === '' ? 'occur' : 'occurs';
  return {
    guard: 'untrusted-values',
    rule: whole ? 'value-in-untrusted-text' : 'part-in-untrusted-text',
    severity: 'info',
    message: `${argument === '' ? '' : `argument ${argument}: `}${what} ${does} in untrusted text (${source})`,
    remedy: 'ask yourself who chose this value before you approve',
    ...(argument === '' ? {} : { argument }),
  };
}

/** Every text and every number of some length, with its JSON pointer (RFC 6901). */
function* valuesOf(value: unknown, pointer: string): Generator<[pointer: string, text: string]> {
  if (typeof value === 'string' || (typeof value === 'number' && Math.abs(value) >= 1000))
    yield [pointer.length > longestPointer ? `${pointer.slice(0, longestPointer)}…` : pointer, String(value)];
  else if (Array.isArray(value)) for (const [at, one] of value.entries()) yield* valuesOf(one, `${pointer}/${at}`);
  else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value))
      yield* valuesOf(one, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}
