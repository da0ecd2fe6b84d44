/** Patterns of names and of lines: whether the name of a file with secrets fits one, or every line does. Whatever it cannot tell fits. */

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

/** Undefined: it cannot tell. */
function expressionOf(pattern: string, how: NameTest['how']): RegExp | undefined {
  const source = how === 'search' ? pattern : globSource(pattern);
  // An author may choose the expression: only one whose cost is known is tried.
  if (source === undefined || !/^(?:\.\*|\\?\.|[\w\s/^$-]|\[\^\/\])*$/u.test(source)) return undefined;
  if (source.length > 100 || source.split('*').length > 4) return undefined;
  return new RegExp(how === 'search' ? source : `^${source}$`, 'iu');
}

function globSource(pattern: string): string | undefined {
  if (/[\\[\]{}()|+^$]/u.test(pattern)) return undefined;
  return pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*').replaceAll('?', '.');
}
