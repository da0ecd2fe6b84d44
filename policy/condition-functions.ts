/** The functions of conditions that are not CEL's own, tied to one policy's budget and literals. None does I/O. */
import type { Environment } from '@marcbachmann/cel-js';
import type { ConditionBudget } from './condition-budget.ts';
import { hostOf } from './functions/host.ts';
import { normalPath } from './functions/path.ts';
import { type ReadShell, ShellFacts } from './functions/shell-facts.ts';
import { type LiteralTable, textFunctions } from './literals.ts';

interface Bound {
  readonly budget: ConditionBudget;
  readonly literals: LiteralTable;
  readonly readShell: ReadShell | undefined;
}

/** Longest command line that is classified, in characters. */
const longestCommand = 16_384;

export function registerFunctions(environment: Environment, { budget, literals, readShell }: Bound): Environment {
  for (const name of textFunctions.keys()) {
    const tests = literals.texts.get(name);
    environment.registerFunction(`${name}(string, string): bool`, (text: string, literal: string) => {
      budget.scan(text);
      return compiled(tests?.get(literal))(text);
    });
  }
  return environment
    .registerFunction('host(string): string', (text: string) => (budget.scan(text), hostOf(text)))
    .registerFunction('path(string): string', (text: string) => (budget.scan(text), normalPath(text)))
    .registerFunction('window(int, string): bool', (now: bigint, literal: string) =>
      compiled(literals.windows.get(literal))(Number(now)),
    )
    .registerFunction('local(int, string): LocalTime', (now: bigint, literal: string) =>
      compiled(literals.clocks.get(literal))(Number(now)),
    )
    .registerFunction('shell(string): ShellFacts', (command: string) => {
      if (!readShell) throw new RangeError('there is no shell classifier here');
      if (command.length > longestCommand) throw new RangeError('the command is too long to be classified');
      budget.scan(command);
      return new ShellFacts(readShell(command));
    });
}

function compiled<T>(found: T | undefined): T {
  if (found === undefined) throw new RangeError('the literal was not compiled when the policy was loaded');
  return found;
}
