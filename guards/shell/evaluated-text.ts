/**
 * Where bash evaluates a text as arithmetic or takes it for a name: `$(( ))`, `${s:…}`, subscripts, `[[ -eq ]]`, `-v`. A value
 * that holds a subscript with a substitution is run there, quoted or not, and also through the names of other variables in it.
 * It never takes a text for harmless that is known only when it runs, unless what prints it prints numbers.
 */
import { forEachChild, type SyntaxNode, type Word } from 'unbash';
import { type Context, tell } from './context.ts';
import { printsNumber } from './prints-number.ts';
import type { Scope } from './scope.ts';
import { hole, resolveText, setByShell } from './words.ts';

/** Set as a number, so that what is assigned to them is evaluated. */
const evaluatedVariables: ReadonlySet<string> = new Set(['RANDOM', 'SECONDS', 'OPTIND', 'HISTCMD', 'LINENO']);

/** A folder may be called `a[$(rm x)]`, by whoever wrote the archive that it came with. */
const namesFolder = /(?<![A-Za-z])(?:pwd|(?:OLD)?PWD)(?![A-Za-z])/u;

/** Names that stand for names that stand for names: deeper is a riddle. */
const maxNames = 8;

/** The shell evaluates what stands between brackets, also in a text that was quoted. */
export function runsSubscript(text: string): boolean {
  return text.includes('[') && /\$\(|`|\$\{/u.test(text);
}

/** Of `$(( ))`, `(( ))`, `for (( ))` and `[[ ]]`. */
export function noteArithmetic(node: SyntaxNode, context: Context): void {
  if (isUnsure(node, context.scope, node.type === 'TestCommand')) tellUnsure(context);
}

/** Of a subscript, an offset, or the value of a variable that is a number. */
export function noteEvaluated(word: Word | undefined, context: Context): void {
  if (word && isUnsureWord(word, context.scope)) tellUnsure(context);
}

export function isEvaluatedVariable(name: string): boolean {
  return evaluatedVariables.has(name);
}

/** Of a word as the command gets it: `let n=$x`. */
export function isUnsureText(text: string, scope: Scope): boolean {
  return text.includes(hole) || runsSubscript(text) || namesUnsure(text, scope, maxNames);
}

function isUnsureWord({ parts, value, text }: Word, scope: Scope): boolean {
  return namesFolder.test(text) || isUnsureText(resolveText(parts, value, scope).text, scope);
}

function isUnsure(node: SyntaxNode, scope: Scope, inTest: boolean): boolean {
  let unsure = false;
  const look = (one: SyntaxNode): void => {
    if (unsure) return;
    switch (one.type) {
      case 'ArithmeticWord':
        unsure = /\$\{?[0-9@*]/u.test(one.value) || namesUnsure(one.value, scope, maxNames);
        break;
      case 'CommandExpansion':
      case 'ArithmeticCommandExpansion':
        unsure = !inTest && !printsNumber(one.script, scope);
        return;
      case 'ProcessSubstitution':
      case 'CompoundList':
        return;
      case 'TestBinary':
        if (/^-(?:eq|ne|lt|le|gt|ge)$/u.test(one.operator))
          unsure = [one.left, one.right].some((word) => word.text !== '' && isUnsureOperand(word, scope));
        break;
      case 'TestUnary':
        if (one.operator === '-v' || one.operator === '-R') unsure = isUnsureName(one.operand, scope);
        break;
      default:
    }
    forEachChild(one, look);
  };
  look(node);
  return unsure;
}

/** A bare name is its variable's value, and that again. */
function isUnsureOperand(word: Word, scope: Scope): boolean {
  return /^[A-Za-z_]\w*$/u.test(word.text) || isUnsureWord(word, scope);
}

/** `-v name` evaluates a subscript of the name, and nothing else. */
function isUnsureName({ parts, value }: Word, scope: Scope): boolean {
  const { text } = resolveText(parts, value, scope);
  return text.includes(hole) || (text.includes('[') && isUnsureText(text, scope));
}

function namesUnsure(text: string, scope: Scope, left: number): boolean {
  for (const [name] of text.matchAll(/[A-Za-z_]\w*/gu)) {
    const value = scope.find(name);
    if (namesFolder.test(name) || value === null || (value === undefined && setByShell.test(name))) return true;
    if (value !== undefined && value !== text && (left === 0 || namesUnsure(value, scope, left - 1))) return true;
  }
  return false;
}

export function tellUnsure(context: Context): void {
  tell(context, {
    name: '(arithmetic)',
    class: 'opaque',
    rule: 'arithmetic-not-static',
    reason: 'it evaluates a text that is known only when it runs',
  });
}
