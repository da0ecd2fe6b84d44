/**
 * `shell(args.command)`: what the shell classifier says of a command line. The classifier is a guard; this folder only names
 * what it must tell, and who decides hands it in. Where none was handed in, the condition fails, and that denies.
 */

import type { ShellClass } from '../../core/contracts/shell-class.ts';

/** The part of the classifier's facts that conditions read. */
export interface ShellReading {
  /** False: not a script that could be read whole. */
  readonly parsed: boolean;
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly worst: ShellClass;
  readonly classes: readonly ShellClass[];
  /** Names of the commands; `(unknown)` for what no table knows. */
  readonly names: readonly string[];
  readonly commands: readonly { readonly rule: string }[];
}

export type ReadShell = (command: string) => ShellReading;

/** The strict validator, also a guard's. @returns why a command line is refused; undefined: it is not */
export type ValidateCommand = (
  command: string,
  limits: {
    maximumBytes?: number | undefined;
    maximumArguments?: number | undefined;
    metacharacters?: boolean | undefined;
  },
) => string | undefined;

/** Registered with CEL under this name, which is why it is a class. */
export class ShellFacts {
  readonly parsed: boolean;
  readonly verdict: string;
  readonly worst: string;
  readonly classes: readonly string[];
  readonly names: readonly string[];
  readonly rules: readonly string[];

  constructor(reading: ShellReading) {
    this.parsed = reading.parsed;
    this.verdict = reading.verdict;
    this.worst = reading.worst;
    this.classes = [...reading.classes];
    this.names = [...reading.names];
    this.rules = [...new Set(reading.commands.map(({ rule }) => rule))];
  }
}

export const shellFactsFields = {
  parsed: 'bool',
  verdict: 'string',
  worst: 'string',
  classes: 'list<string>',
  names: 'list<string>',
  rules: 'list<string>',
} as const;
