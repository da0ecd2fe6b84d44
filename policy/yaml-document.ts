/**
 * Reads a policy's YAML into plain data and remembers where each piece stood. A strict subset: one document, text keys,
 * no duplicate keys, anchors, aliases, tags, directives or invisible characters, because two readers must not see two
 * policies in one file. It never throws.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';
import {
  type Complaint,
  type PathPart,
  type PolicyProblem,
  type Position,
  problemAt,
  quote,
  quoteSentence,
} from './problems.ts';

export interface PolicyDocument {
  readonly value: unknown;
  /** Where a complaint points; the nearest enclosing piece when the exact one is missing. */
  locate(complaint: Complaint): Position;
}
export type PolicyDocumentRead =
  | { kind: 'document'; document: PolicyDocument }
  /** @property document where only keys stood twice, so that all else that is wrong can be said at once */
  | { kind: 'invalid'; problems: PolicyProblem[]; document?: PolicyDocument };

/** Characters of text, well above what 2,000 rules need. */
export const longestPolicyText = 1_000_000;
const deepestNesting = 16;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
// Invisible characters and text-direction controls: what a reviewer sees would not be what is loaded.
const hiddenCharacter =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

interface Places {
  readonly keys: Map<string, number>;
  readonly values: Map<string, Node>;
}

export function readPolicyDocument(text: string, file: string): PolicyDocumentRead {
  const start: Position = { line: 1, column: 1 };
  const whole = (found: string, expected: string, remedy: string): PolicyDocumentRead => ({
    kind: 'invalid',
    problems: [problemAt(file, start, { path: [], found, expected, remedy })],
  });
  if (text.length > longestPolicyText) {
    return whole(`${text.length} characters`, `at most ${longestPolicyText}`, 'split the policy');
  }
  try {
    return readDocument(text, file);
  } catch {
    // The parser's own failures (a stack exhausted by nesting) must not become a crash of whoever loads.
    return whole('text that the YAML parser gives up on', 'a policy in YAML', 'check nesting and indentation');
  }
}

function readDocument(text: string, file: string): PolicyDocumentRead {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
    // Not 'silent': that would also silence the error about a second document.
    logLevel: 'error',
    lineCounter: lines,
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: PolicyProblem[] = [];
  const refuse = (offset: number, path: readonly PathPart[], found: string, expected: string, remedy: string): void => {
    problems.push(problemAt(file, at(offset), { path, found, expected, remedy }));
  };

  const hidden = hiddenCharacter.exec(text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text);
  if (hidden) {
    const code = hidden[0].codePointAt(0)?.toString(16).padStart(4, '0') ?? '';
    refuse(hidden.index, [], `the invisible character U+${code}`, 'visible text', 'delete it');
  }
  if (!text.isWellFormed()) refuse(0, [], 'a lone surrogate', 'well-formed Unicode', 'save the file as UTF-8');
  for (const fault of [...document.errors, ...document.warnings]) {
    const [found, expected, remedy] = explainFault(fault.code, fault.message);
    refuse(fault.pos[0], [], found, expected, remedy);
  }
  if (usesDirectives(document)) {
    refuse(0, [], 'a YAML directive', 'YAML 1.2 without directives', 'delete the lines that start with "%"');
  }

  const places: Places = { keys: new Map(), values: new Map() };
  const value = toValue(document.contents as Node | null, [], places, refuse);
  const read: PolicyDocument = { value, locate: (complaint) => at(offsetOf(complaint, places, text)) };
  if (problems.length === 0) return { kind: 'document', document: read };
  const onlyTwice =
    problems.length === document.errors.length && document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  return onlyTwice ? { kind: 'invalid', problems, document: read } : { kind: 'invalid', problems };
}

function explainFault(code: string, message: string): [found: string, expected: string, remedy: string] {
  switch (code) {
    case 'DUPLICATE_KEY':
      return ['the same key twice', 'each key once', 'merge the two or rename one'];
    case 'MULTIPLE_DOCS':
      return ['a second document', 'one policy in a file', 'delete what follows "---"'];
    case 'TAG_RESOLVE_FAILED':
      return ['a YAML tag', 'plain values', 'delete the "!" tag'];
    default:
      // The parser's own words for it are those of the engine under it.
      if (/stack/iu.test(message)) return ['values within values too deep to read', 'a flat policy', 'write it anew'];
      return [
        `YAML that does not parse (${quoteSentence(message.split('\n')[0] ?? code)})`,
        'YAML',
        'correct the syntax here',
      ];
  }
}

function usesDirectives(document: Document): boolean {
  return document.directives?.yaml.explicit === true || document.directives?.docStart === true
    ? /^%/mu.test(document.directives.toString())
    : false;
}

type Refuse = (offset: number, path: readonly PathPart[], found: string, expected: string, remedy: string) => void;

function toValue(node: Node | null, path: readonly PathPart[], places: Places, refuse: Refuse): unknown {
  if (node === null) return null;
  const offset = node.range?.[0] ?? 0;
  places.values.set(placeOf(path), node);
  if (path.length > deepestNesting) {
    refuse(offset, path, 'deeper nesting', `at most ${deepestNesting} levels`, 'flatten it');
    return null;
  }
  if (isAlias(node)) {
    refuse(offset, path, 'an alias ("*")', 'the value itself', 'repeat the value');
    return null;
  }
  if (node.anchor !== undefined) refuse(offset, path, 'an anchor ("&")', 'the value alone', 'delete the anchor');
  if (node.tag !== undefined) refuse(offset, path, 'a YAML tag ("!")', 'the value alone', 'delete the tag');
  if (isMap(node)) return toMap(node.items as { key: unknown; value: unknown }[], path, places, refuse, offset);
  if (isSeq(node))
    return node.items.map((item, index) => toValue(item as Node | null, [...path, index], places, refuse));
  if (isScalar(node)) return toScalar(node.value, offset, path, refuse);
  refuse(offset, path, 'something that is not data', 'a map, a list or a value', 'delete it');
  return null;
}

function toMap(
  items: readonly { key: unknown; value: unknown }[],
  path: readonly PathPart[],
  places: Places,
  refuse: Refuse,
  mapOffset: number,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { key, value } of items) {
    const offset =
      isScalar(key) || isAlias(key) || isMap(key) || isSeq(key) ? (key.range?.[0] ?? mapOffset) : mapOffset;
    if (!isScalar(key) || typeof key.value !== 'string' || key.anchor !== undefined || key.tag !== undefined) {
      refuse(offset, path, 'a key that is not plain text', 'a key of plain text', 'quote the key');
      continue;
    }
    if (forbiddenKeys.has(key.value)) {
      refuse(offset, path, `the reserved key ${quote(key.value)}`, 'another name', 'rename it');
      continue;
    }
    const inner = [...path, key.value];
    places.keys.set(placeOf(inner), offset);
    result[key.value] = toValue(value as Node | null, inner, places, refuse);
  }
  return result;
}

function toScalar(value: unknown, offset: number, path: readonly PathPart[], refuse: Refuse): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return Object.is(value, -0) ? 0 : value;
  }
  refuse(offset, path, 'a number beyond exact range', 'a number up to 2^53', 'write a smaller one');
  return null;
}

function offsetOf(complaint: Complaint, places: Places, text: string): number {
  const { path } = complaint;
  if (complaint.atKey) {
    const key = places.keys.get(placeOf(path));
    if (key !== undefined) return key;
  }
  for (let length = path.length; length >= 0; length -= 1) {
    const place = placeOf(path.slice(0, length));
    const node = places.values.get(place);
    const start = node?.range?.[0] ?? places.keys.get(place);
    if (start === undefined) continue;
    if (length < path.length || complaint.offset === undefined || !isScalar(node)) return start;
    return start + offsetInScalar(node, complaint.offset, text);
  }
  return 0;
}

/** Exact where the file holds the text as it is (a plain or quoted scalar without escapes, or a literal block). */
function offsetInScalar(node: Scalar, offset: number, text: string): number {
  const [start, end] = node.range ?? [0, 0];
  const source = text.slice(start, end);
  if (typeof node.value !== 'string') return 0;
  if (node.type === Scalar.BLOCK_LITERAL) return offsetInBlock(source, node.value, offset);
  const body = source.indexOf(node.value);
  return body >= 0 ? body + offset : 0;
}

function offsetInBlock(source: string, value: string, offset: number): number {
  const before = value.slice(0, offset).split('\n');
  const line = before.length;
  const lines = source.split('\n');
  const content = value.split('\n')[line - 1] ?? '';
  const indent = (lines[line] ?? '').indexOf(content);
  if (indent < 0 || content === '') return 0;
  return lines.slice(0, line).join('\n').length + 1 + indent + (before.at(-1) ?? '').length;
}

function placeOf(path: readonly PathPart[]): string {
  return path.join('\u0000');
}
