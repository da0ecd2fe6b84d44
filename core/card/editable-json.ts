/**
 * JSON in which characters that hide or reorder are JSON's own escapes: canonical arguments on several lines, for editing, and
 * what is sent to systems that may show it to people. Parsed again it is the same value.
 */
import { jsonOrUndefined } from '../json-or-undefined.ts';

const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}/gu;

/** @param canonical RFC 8785 text, whole; undefined where it is no JSON */
export function editableJson(canonical: string): string | undefined {
  const value = jsonOrUndefined(canonical);
  if (value === undefined) return undefined;
  return JSON.stringify(value, null, 2).replaceAll(hidden, (sign) => (sign === '\n' ? sign : escaped(sign)));
}

/** On one line. */
export function openJson(value: object): string {
  return JSON.stringify(value).replaceAll(hidden, escaped);
}

function escaped(sign: string): string {
  const units = Array.from({ length: sign.length }, (_, at) => sign.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
