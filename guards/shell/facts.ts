/**
 * What the shell classifier says about a script: one fact for each command in it, and the whole. Pure data; it never holds a
 * word of the script but the names of known commands.
 */

import { type ShellClass, shellClasses } from '../../core/contracts/shell-class.ts';

export type ShellVerdict = 'allow' | 'ask' | 'deny';

export interface CommandFact {
  /** As in the tables, without folders; `(unknown)` for what no table knows, so that nothing of the script is repeated. */
  readonly name: string;
  readonly class: ShellClass;
  /** In kebab-case: what was recognised. */
  readonly rule: string;
  /** For people; never a word of the script. */
  readonly reason: string;
  /** Destructive beyond doubt: nobody runs this on purpose through an agent. */
  readonly beyondDoubt: boolean;
  /** Of the outermost command in the script's own text, end exclusive, UTF-16 units. */
  readonly span: { readonly start: number; readonly end: number };
}

export interface ShellFacts {
  /** False: not a script that could be read whole. `worst` is then at least `opaque`. */
  readonly parsed: boolean;
  /** `read` is allowed, what is destructive beyond doubt is denied, all else asks. */
  readonly verdict: ShellVerdict;
  readonly worst: ShellClass;
  /** Each class that occurs, once, from harmless to harmful. */
  readonly classes: readonly ShellClass[];
  /** Names of the commands, each once, in order. */
  readonly names: readonly string[];
  readonly commands: readonly CommandFact[];
}

export function worstOf(classes: Iterable<ShellClass>): ShellClass {
  let worst = 0;
  for (const one of classes) worst = Math.max(worst, shellClasses.indexOf(one));
  return shellClasses[worst] ?? 'opaque';
}

export function verdictOf(worst: ShellClass, beyondDoubt: boolean): ShellVerdict {
  if (beyondDoubt) return 'deny';
  return worst === 'read' ? 'allow' : 'ask';
}
