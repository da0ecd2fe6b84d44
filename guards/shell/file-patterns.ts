/** Patterns of names and of lines: whether the name of a file with secrets fits one, or every line does. Whatever it cannot tell fits. */

const longestPattern = 100;
const anyLine = /^[\s^$.*+?()\\wS]*$|^\[\^?.{1,3}\]?[*+]?$/u;

/** `.`, `''`, `.*`, `^`: a search that shows all. */
export function isAnyLine(pattern: string): boolean {
  return anyLine.test(pattern);
}

export interface NameTest {
  readonly text: string;
  /** A pattern of names as of `find -name`, of paths, or an expression that is looked for in a path. */
  readonly how: 'name' | 'path' | 'search';
}

/** @param paths of files with secrets, with at least one slash. Whether one of them fits all tests. */
export function fitsSecretName(tests: readonly NameTest[], paths: readonly string[]): boolean {
  const expressions = tests.flatMap(({ text, how }) => {
    const expression = expressionOf(text, how);
    return expression ? [{ expression, how }] : [];
  });
  return paths.some((path) =>
    expressions.every(({ expression, how }) =>
      expression.test(how === 'name' ? path.slice(path.lastIndexOf('/') + 1) : path),
    ),
  );
}

const most = 200;
/** Making an expression costs more than trying it, and a script asks for the same files over and over. */
const made = new Map<string, RegExp | undefined>();

function expressionOf(pattern: string, how: NameTest['how']): RegExp | undefined {
  const key = `${how === 'search' ? 'search' : 'names'} ${pattern}`;
  if (made.has(key)) return made.get(key);
  const expression = makeExpression(pattern, how);
  if (made.size >= most) made.clear();
  if (pattern.length <= longestPattern) made.set(key, expression);
  return expression;
}

/** Undefined: it cannot tell. */
function makeExpression(pattern: string, how: NameTest['how']): RegExp | undefined {
  const source = how === 'search' ? pattern : globSource(pattern);
  // An author may choose the expression: only one whose cost is known is tried.
  if (source === undefined || !/^(?:\.\*|\\?\.|[\w\s/^$-]|\[\^\/\])*$/u.test(source)) return undefined;
  if (source.length > longestPattern || source.split('*').length > 4) return undefined;
  return new RegExp(how === 'search' ? source : `^${source}$`, 'iu');
}

function globSource(pattern: string): string | undefined {
  if (/[\\[\]{}()|+^$]/u.test(pattern)) return undefined;
  return pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*').replaceAll('?', '.');
}
