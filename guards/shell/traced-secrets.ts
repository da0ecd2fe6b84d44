/**
 * `set -x`: the shell shows each command before it runs, with the values of its variables. What may be asked of a secret otherwise,
 * as whether there is one, shows it then.
 */
import type { Command, SyntaxNode } from 'unbash';
import type { Scope } from './scope.ts';
import { resolveText } from './words.ts';

const mayStartTrace: ReadonlySet<string> = new Set(['set', 'shopt', 'trap', 'builtin', 'command']);

/** `set -eux`, `set -o xtrace`, `shopt -so xtrace`, behind `builtin` too. */
export function startsTrace({ name, args }: Command): boolean {
  if (!name || !mayStartTrace.has(name.value)) return false;
  const [command = '', ...words] = [name, ...args].flatMap((word) => (word?.type === 'Word' ? [word.value] : []));
  const at = /^(?:builtin|command)$/u.test(command) ? words.findIndex((word) => !word.startsWith('-')) : -1;
  const builtin = at < 0 ? command : words[at];
  const options = words.slice(at + 1);
  if (builtin === 'set') return options.some((word) => /^-[a-zA-Z]*x|^xtrace$/u.test(word));
  // What a trap does is done between any two commands.
  if (builtin === 'trap') return options.some((word) => /\bset\s+-[a-zA-Z]*x|\bxtrace\b/u.test(word));
  return builtin === 'shopt' && options.includes('xtrace');
}

/** Of a shell's own options. */
export function isTraced(
  options: readonly { readonly name: string; readonly value?: { text: string } | undefined }[],
): boolean {
  return options.some(({ name, value }) => name === '-x' || (name === '-o' && value?.text === 'xtrace'));
}

/** Of `[[ ]]`. */
export function showsTested(node: Extract<SyntaxNode, { type: 'TestUnary' | 'TestBinary' }>, scope: Scope): boolean {
  if (!scope.traced) return false;
  const words = node.type === 'TestUnary' ? [node.operand] : [node.left, node.right];
  return words.some(({ parts, value }) => resolveText(parts, value, scope).secret === true);
}
