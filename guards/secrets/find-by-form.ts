/**
 * Looks for all rules that begin with a fixed text in one pass: tokens, assignments, and the lines that secretlint reads. Three
 * passes cost three times as much, and find the same.
 */
import type { UnitText } from '../text/code-units.ts';
import { createLiteralFinder, type Literals } from '../text/find-literals.ts';
import { type AssignmentKind, assignmentLiterals, assignmentReader } from './assignment-rule.ts';
import type { SecretMatch } from './match.ts';
import { lineReader, secretlintAnchors } from './secretlint-rules.ts';
import { tokenLiterals, tokenReader } from './token-rules.ts';
import type { TokenRule } from './token-table.ts';

/** What stands at a place, for one of the three. */
type Beginning =
  | { readonly of: 'token'; readonly rules: readonly TokenRule[] }
  | { readonly of: 'assignment'; readonly kind: AssignmentKind }
  | { readonly of: 'line' };

const find = createLiteralFinder<Beginning>([
  { literals: beginnings(tokenLiterals, (rules) => [{ of: 'token', rules }]) },
  {
    literals: beginnings(assignmentLiterals, (kinds) => kinds.map((kind) => ({ of: 'assignment', kind }))),
    ignoreCase: true,
  },
  { literals: new Map(secretlintAnchors.map((anchor): [string, Beginning[]] => [anchor, [{ of: 'line' }]])) },
]);

export interface ByForm {
  /** Tokens first: where both tell the same place, its name is the token's. */
  matches: SecretMatch[];
  /** Those that secretlint is to read. */
  lines: { start: number; end: number }[];
}

export function findByForm({ text, units }: UnitText): ByForm {
  const tokens: SecretMatch[] = [];
  const assignments: SecretMatch[] = [];
  const lines: ByForm['lines'] = [];
  const readToken = tokenReader(text, tokens);
  const readAssignment = assignmentReader(text, assignments);
  const readLine = lineReader(text, lines);
  find({ units }, (at, [beginning]) => {
    if (beginning?.of === 'line') return readLine(at);
    const crowded =
      beginning?.of === 'token' ? readToken(at, beginning.rules) : beginning && readAssignment(at, beginning.kind);
    // All the rest is taken out, whatever the others would find in it; secretlint still reads the line in which it begins.
    if (crowded) readLine(at);
    return crowded;
  });
  return { matches: [...tokens, ...assignments], lines };
}

function beginnings<Value>(
  literals: Literals<Value>,
  toBeginnings: (values: readonly Value[]) => readonly Beginning[],
): Literals<Beginning> {
  return new Map(Array.from(literals, ([literal, values]) => [literal, toBeginnings(values)]));
}
