/** Patterns of names and of lines: whether the name of a file with secrets fits one, or every line does. Whatever it cannot tell fits. */

/** What such files are called: one of each kind of name that patterns are made for. */
const names = ['.env', 'id_rsa'];
const anyLine = /^[\s^$.*+?()\\wS]*$|^\[\^?.{1,3}\]?[*+]?$/u;

/** `.`, `''`, `.*`, `^`: a search that shows all. */
export function isAnyLine(pattern: string): boolean {
  return anyLine.test(pattern);
}

/** @param how a pattern of names as of `find -name`, of paths, or an expression that is looked for in a path */
export function fitsSecretName(pattern: string, how: 'name' | 'path' | 'search'): boolean {
  const source = how === 'search' ? pattern : globSource(pattern);
  // An author may choose the expression: only one whose cost is known is tried.
  if (source === undefined || !/^(?:\.\*|\\?\.|[\w\s/^$-]|\[\^\/\])*$/u.test(source)) return true;
  if (source.length > 100 || source.split('*').length > 4) return true;
  const expression = new RegExp(how === 'search' ? source : `^${source}$`, 'iu');
  return names.some((name) => expression.test(how === 'name' ? name : `./${name}`));
}

function globSource(pattern: string): string | undefined {
  if (/[\\[\]{}()|+^$]/u.test(pattern)) return undefined;
  return pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*').replaceAll('?', '.');
}
