/**
 * Arguments as a person wrote them, JSON or YAML, made into the one value that is sent. What could be read in two ways is not
 * read: a key twice, a number that no double holds, an alias. It says where, and never repeats the text.
 */
import { LineCounter, parseDocument } from 'yaml';
import { parseStrictJson } from '../../core/canonical-json.ts';
import { jsonPlace } from '../../core/json-place.ts';

export type TextForm = 'json' | 'yaml';
export type EditedArguments =
  | { kind: 'arguments'; value: Readonly<Record<string, unknown>> }
  | { kind: 'problem'; problem: string };

export function readEdited(text: string, form: TextForm): EditedArguments {
  const read = form === 'json' ? { text } : yamlAsJson(text);
  if (read.problem !== undefined) return { kind: 'problem', problem: read.problem };
  const parsed = parseStrictJson(read.text);
  if (parsed.kind === 'refused') {
    return {
      kind: 'problem',
      problem: `the text is no JSON that can be sent: ${parsed.reason}${form === 'json' ? jsonPlace(text) : ''}`,
    };
  }
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'problem', problem: 'the text is no object; expected one value for each argument' };
  }
  return { kind: 'arguments', value };
}

type AsJson = { text: string; problem?: undefined } | { problem: string };

function yamlAsJson(text: string): AsJson {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, intAsBigInt: true, lineCounter });
  const [error] = [...document.errors, ...document.warnings];
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return {
      problem: `the text is no YAML that can be sent: ${error.code.toLowerCase()} at line ${line}, column ${col}`,
    };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return {
      text: JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? exact(inner) : inner)) ?? '',
    };
  } catch (error_) {
    const why = error_ instanceof RangeError ? 'a number is too large to be exact' : 'it uses an alias';
    return { problem: `the text is no YAML that can be sent: ${why}; write the value out` };
  }
}

/** @throws {RangeError} where a double would be another number */
function exact(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)) return Number(value);
  throw new RangeError('not exact');
}
