/**
 * The shell classifier: `classifyShell(script)` says what a script would do, without running or looking up anything.
 *
 * Its result is a `ShellFacts`: `{ parsed, verdict, worst, classes, names, commands: [{ name, class, rule, reason,
 * beyondDoubt, span }] }` with `class` one of `read | write | network | opaque | privilege | destructive`. It promises that
 * `worst` is `read` (and `verdict` `allow`) only if every command of the script is known to read; it never throws.
 */
import { classifyScript } from './classify-script.ts';
import { classifyWords } from './classify-command.ts';
import type { Context, Report } from './context.ts';
import { shellClasses } from '../../core/contracts/shell-class.ts';
import { type ShellFacts, verdictOf, worstOf } from './facts.ts';
import { emptyScope } from './scope.ts';

export type { ShellClass } from '../../core/contracts/shell-class.ts';
export type { CommandFact, ShellFacts, ShellVerdict } from './facts.ts';

/** Commands looked at in one script, those within texts included. */
const mostCommands = 2000;

/** @param script as `/bin/sh -c` or `bash -c` would be given it. */
export function classifyShell(script: string): ShellFacts {
  const report: Report = { facts: [], workLeft: mostCommands, parsed: true };
  const context: Context = {
    scope: emptyScope,
    depth: 0,
    stdin: { kind: 'nothing' },
    feeds: false,
    span: { start: 0, end: script.length },
    report,
    runScript: classifyScript,
    runWords: classifyWords,
  };
  try {
    classifyScript(script, context);
  } catch {
    // Whatever a script does to its reader, it is not one that was read.
    report.parsed = false;
    report.facts.push({
      name: '(unknown)',
      class: 'opaque',
      rule: 'not-parsed',
      reason: 'it could not be read',
      beyondDoubt: false,
      span: context.span,
    });
  }
  return summarise(report);
}

function summarise({ facts, parsed }: Report): ShellFacts {
  const found = new Set(facts.map((fact) => fact.class));
  const worst = worstOf(found);
  return {
    parsed,
    worst,
    verdict: verdictOf(
      worst,
      facts.some((fact) => fact.beyondDoubt),
    ),
    classes: shellClasses.filter((one) => found.has(one)),
    names: [...new Set(facts.map(({ name }) => (name.includes(' ') ? name.slice(0, name.indexOf(' ')) : name)))],
    commands: facts,
  };
}
