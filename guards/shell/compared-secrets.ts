/**
 * Tests of what a secret is: who compares it letter by letter has all of it, and `=~` keeps what fits. Whether there is one at all
 * may be asked.
 */
import type { SyntaxNode } from 'unbash';
import type { Scope } from './scope.ts';
import { type Arg, resolveText } from './words.ts';

/** `[[ -z ${TOKEN##a*} ]]` */
export function looksIntoSecret({ operand }: Extract<SyntaxNode, { type: 'TestUnary' }>, scope: Scope): boolean {
  return resolveText(operand.parts, operand.value, scope).cut === true;
}

/** Of `[[ ]]`. */
export function comparesSecret(
  { left, right, operator }: Extract<SyntaxNode, { type: 'TestBinary' }>,
  scope: Scope,
): boolean {
  const one = resolveText(left.parts, left.value, scope);
  const other = resolveText(right.parts, right.value, scope);
  if (!one.secret && !other.secret) return false;
  return !isEqual.test(operator) || !asksForAny(one, other);
}

/** Of `[ ]` and `test`. @param args without the closing bracket or with it */
export function testsSecret(args: readonly Arg[]): boolean {
  return args.some(({ secret, cut }, at) => {
    if (!secret) return false;
    if (cut) return true;
    const [before, behind] = [args[at - 1], args[at + 1]];
    if (before === undefined || /^(?:-[nz]|!|\(|-a|-o)$/u.test(before.text)) {
      if (behind === undefined || /^(?:\]|\)|-a|-o)$/u.test(behind.text) || /^-[nz]$/u.test(before?.text ?? ''))
        return false;
    }
    const other = isEqual.test(behind?.text ?? '')
      ? args[at + 2]
      : isEqual.test(before?.text ?? '')
        ? args[at - 2]
        : undefined;
    return !other || !asksForAny(args[at], other);
  });
}

const isEqual = /^(?:==?|!=)$/u;

/** Whether it is `""`, also as `"x$TOKEN" = x`. */
function asksForAny(one: Arg | undefined, other: Arg): boolean {
  const [secret, literal] = one?.secret ? [one, other] : [other, one];
  if (!literal?.known || literal.secret || secret.cut) return false;
  return literal.text === '' || (literal.text.length === 1 && secret.text.startsWith(literal.text));
}
