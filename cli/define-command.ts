/**
 * One shape for every command: its name, what it takes, examples, and what it does. A command file stays light: what is
 * heavy (workers, databases, guards) it imports when it runs, so that `--help` and `runs` answer at once.
 */
import type { Command } from 'commander';
import { z } from 'zod';
import { CountersignError } from '../core/errors.ts';
import { expectedBy } from '../core/expected-words.ts';
import type { CommandContext } from './context.ts';

export interface CommandSource<S extends z.ZodType> {
  /** With its arguments, as commander writes them: `show <run>`. */
  readonly usage: string;
  readonly summary: string;
  /** Whole command lines without the program's name. */
  readonly examples: readonly string[];
  /** Talks to a gateway: takes `--url`. @default false */
  readonly usesGateway?: boolean;
  /** Adds options. */
  readonly define?: (command: Command) => void;
  /** Of the options; unknown keys are commander's business. */
  readonly options: S;
  /** @returns the exit code. */
  run(context: CommandContext, args: readonly string[], options: z.output<S>): Promise<number>;
}

export interface CommandDefinition {
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly usesGateway: boolean;
  define(command: Command): void;
  run(context: CommandContext, args: readonly string[], options: unknown): Promise<number>;
}

export function defineCommand<S extends z.ZodType>(source: CommandSource<S>): CommandDefinition {
  return {
    usage: source.usage,
    summary: source.summary,
    examples: source.examples,
    usesGateway: source.usesGateway ?? false,
    define: (command) => source.define?.(command),
    async run(context, args, options) {
      const parsed = source.options.safeParse(options);
      if (!parsed.success) {
        const problems = parsed.error.issues.map((issue) => `--${flagOf(issue.path)}: expected ${expectedBy(issue)}`);
        throw new CountersignError(
          'input-invalid',
          `Cannot read the command line of "${source.usage.split(' ')[0]}": ${problems.join('; ')}; correct them, --help says how`,
        );
      }
      return await source.run(context, args, parsed.data);
    },
  };
}

/** As it is typed: `onBehalfOf` is `on-behalf-of`, and of one that may be given again, which one is no part of its name. */
function flagOf(path: readonly PropertyKey[]): string {
  const option = path.filter((part) => typeof part === 'string').join('.');
  return option.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** No options of its own. */
export const noOptions = z.object({});
