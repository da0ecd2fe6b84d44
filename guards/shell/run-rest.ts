/** Commands that run the rest of their words: `sudo`, `env`, `nice`, `xargs`, `ssh` and their kind. */
import { type Context, type Subject, tell } from './context.ts';
import { startsPrograms } from './environment.ts';
import { namesAPlace } from './option-names.ts';
import type { SplitWords } from './options.ts';
import { withVariables } from './scope.ts';
import { tellSecret } from './tell-secret.ts';
import type { Arg } from './words.ts';

export function runRest({ name, row }: Subject, split: SplitWords, context: Context): void {
  if (!row.runs) return;
  let rest = split.rest;
  if (split.unsure)
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'not-static',
      reason: 'what it runs is known only when it runs',
    });
  let inner = context;
  if (row.runs.assignments) ({ rest, inner } = takeAssignments(name, rest, context));
  const skipped = rest.slice(0, row.runs.skip);
  rest = rest.slice(row.runs.skip);
  if (skipped.some((arg) => arg.loose))
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'not-static',
      reason: 'what it runs is known only when it runs',
    });
  if (rest.length === 0) {
    // `env` with nothing to run prints what there is.
    if (row.runs.assignments) tellSecret(name, context);
    return;
  }
  if (row.runs.joins) return runJoined(name, rest, inner);
  inner.runWords(rest, inner);
}

/** As ssh does: the words become one text, and a shell reads it. */
export function runJoined(name: string, rest: readonly Arg[], context: Context): void {
  if (rest.every((arg) => arg.known && !arg.loose))
    return context.runScript(rest.map((arg) => arg.text).join(' '), context);
  tell(context, { name, class: 'opaque', rule: 'not-static', reason: 'what it runs is known only when it runs' });
}

export function takeAssignments(
  name: string,
  args: readonly Arg[],
  context: Context,
): { rest: readonly Arg[]; inner: Context } {
  const variables = new Map<string, string | null>();
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index];
    const found = arg && /^([A-Za-z_]\w*)=([^]*)$/u.exec(arg.text);
    if (!arg || !found?.[1]) break;
    variables.set(found[1], arg.known ? (found[2] ?? '') : null);
    noteVariable(found[1], arg.known ? found[2] : undefined, name, context, true);
  }
  return { rest: args.slice(index), inner: { ...context, scope: withVariables(context.scope, variables) } };
}

/** @param handedOver to a command, not only kept in this shell */
export function noteVariable(
  variable: string,
  value: string | undefined,
  name: string,
  context: Context,
  handedOver = false,
): void {
  if (!startsPrograms(variable, value) && !(handedOver && namesAPlace(variable))) return;
  tell(context, {
    name,
    class: 'opaque',
    rule: 'sets-environment',
    reason: 'it sets a variable that decides which programs run, or where they reach',
  });
}
