/** What the parts of the classifier hand to each other: where they are in a script, and where their facts go. */
import type { ShellClass } from '../../core/contracts/shell-class.ts';
import type { CommandFact } from './facts.ts';
import type { Knowledge } from './knowledge.ts';
import type { Scope } from './scope.ts';
import type { Arg } from './words.ts';

/** Names of files, those with secrets too; or a text of the script's own, which another command may make such names of. */
export type Handed = 'list' | 'text';

/** What a command reads from standard input, as far as the script shows it. */
export type Stdin =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly lists?: () => Handed | undefined }
  | { readonly kind: 'text'; readonly text: string };

export interface Context {
  readonly scope: Scope;
  /** Scripts within scripts. */
  readonly depth: number;
  readonly stdin: Stdin;
  /** What it prints goes to another command, not to whoever reads the output. */
  readonly feeds: boolean;
  readonly span: CommandFact['span'];
  readonly report: Report;
  readonly runScript: (text: string, context: Context) => void;
  readonly runWords: (args: readonly Arg[], context: Context) => void;
}

/** Collects facts; bounds the work on scripts that multiply themselves. */
export interface Report {
  readonly facts: CommandFact[];
  workLeft: number;
  parsed: boolean;
}

export interface Told {
  name?: string;
  class: ShellClass;
  rule: string;
  reason?: string;
  beyondDoubt?: boolean;
}

const reasons: Readonly<Record<ShellClass, string>> = {
  read: 'it only reads',
  write: 'it changes files or settings',
  network: 'it reaches other machines',
  opaque: 'it runs what cannot be seen through here',
  privilege: 'it uses or reaches rights, secrets or what starts programs',
  destructive: 'it destroys data or stops what runs',
};

export function tell(context: Context, told: Told): void {
  context.report.facts.push({
    name: told.name ?? '(unknown)',
    class: told.class,
    rule: told.rule,
    reason: told.reason === undefined || told.reason === '' ? reasons[told.class] : told.reason,
    beyondDoubt: told.beyondDoubt ?? false,
    span: context.span,
  });
}

/** A command under evaluation. */
export interface Subject {
  /** With its subcommands: `git push`. */
  readonly name: string;
  readonly row: Knowledge;
  readonly args: readonly Arg[];
}

const rulesByName = new Map<string, string>();

/** A rule's id from a command's name: of a table, so that there are only so many. */
export function ruleOf(name: string): string {
  const known = rulesByName.get(name);
  if (known !== undefined) return known;
  const rule = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 64);
  // Patterns of names, as of `mkfs.*`, let an author make up as many as it likes.
  if (rulesByName.size < 5000) rulesByName.set(name, rule || 'command');
  return rule || 'command';
}
