/**
 * One form for policy files, so that a review shows what changed and not how it was typed: parts and keys in the order of the
 * reference, two blanks of indentation, comments kept. The result means the same: it loads to the same bytes, or it is refused.
 */
import { isMap, isScalar, isSeq, parseDocument, type Node, type Pair, type YAMLMap } from 'yaml';
import { loadPolicy } from './load.ts';
import { type PathPart, type PolicyProblem, problemAt } from './problems.ts';
import { keysAt } from './schema-keys.ts';

export type Formatted = { kind: 'text'; text: string } | { kind: 'invalid'; problems: PolicyProblem[] };

/** What a reader wants first. Keys that are names keep their order. */
const partOrder = ['version', 'roles', 'principals', 'groups', 'rules', 'approvals', 'require', 'tools', 'limits'];

export function formatPolicy(text: string, file: string): Formatted {
  const before = loadPolicy(text, file);
  if (before.kind === 'invalid') return before;
  const document = parseDocument(text, { version: '1.2', schema: 'core', keepSourceTokens: false });
  sort(document.contents, []);
  const padded = document.toString({ lineWidth: 120, indent: 2, flowCollectionPadding: true });
  for (const formatted of [closeLists(padded), padded]) {
    const after = loadPolicy(formatted, file);
    if (after.kind === 'policy' && after.digestBytes === before.digestBytes) return { kind: 'text', text: formatted };
  }
  const complaint = { path: [], found: 'a file that formatting would change', expected: 'one that it does not' };
  return {
    kind: 'invalid',
    problems: [problemAt(file, { line: 1, column: 1 }, { ...complaint, remedy: 'write it in a simpler way' })],
  };
}

/** `[a, b]` beside `{ a: b }`, as people write them; not in lines with a comment, whose text is theirs. */
function closeLists(text: string): string {
  const closed = (line: string): string =>
    line.includes('#') ? line : line.replaceAll('[ ', '[').replaceAll(' ]', ']');
  return text.split('\n').map(closed).join('\n');
}

function sort(node: Node | null, path: readonly PathPart[]): void {
  if (isMap(node)) {
    const keys = orderOf(path);
    if (keys.length > 0) sortMap(node, keys);
    for (const { key, value } of node.items as Pair<unknown, Node | null>[]) sort(value, [...path, keyOf(key)]);
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) sort(item as Node | null, [...path, index]);
  }
}

function orderOf(path: readonly PathPart[]): readonly string[] {
  const known = keysAt(path);
  return path.length === 0 ? [...partOrder, ...known.filter((key) => !partOrder.includes(key))] : known;
}

function sortMap(map: YAMLMap, keys: readonly string[]): void {
  const rank = (pair: Pair): number => {
    const at = keys.indexOf(keyOf(pair.key));
    return at < 0 ? keys.length : at;
  };
  const sorted = map.items.toSorted((a, b) => rank(a) - rank(b));
  if (sorted.some((item, index) => item !== map.items[index])) map.items = sorted;
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}
