/** What is said of a condition that does not load: each of the usual mistakes with what to write in its place. */
import { describe, expect, it } from 'vitest';
import { problemsOf } from './policy-fixtures.ts';

const oneType = 'expected both sides of one type';
/** The condition, and the end of its first problem. */
const mistakes: readonly (readonly [string, string])[] = [
  ['environment == 5', `the types string == int, ${oneType}; write a text in quotes and a number without`],
  ["denials > 'x'", `the types int > string, ${oneType}; write a text in quotes and a number without`],
  ["principal.roles == 'admin'", `the types list<string> == string, ${oneType}; write "x" in list`],
  ["principal.roles != 'admin'", `the types list<string> != string, ${oneType}; write !("x" in list)`],
  ["'x' in environment", 'the types string in string, expected a list after "in"; write text.contains("x")'],
  ['5 in principal.roles', 'the types int in list<string>, expected a list after "in" that holds such values'],
  ["principal.roles.contains('a')", 'expected a text before ".contains"; write "x" in list'],
  ['tool.name.contains(5)', 'expected arguments of the types that the function takes; convert the value'],
  ['!environment', 'the types !string, expected true or false after "!"; compare it with something'],
  ['-environment == 1', 'the types -string, expected a number after "-"'],
  ['environment && run.dryRun', 'expected true or false on both sides of && and ||; compare it with something'],
  ['environment ? true : false', 'expected true or false before "?"; compare it with something'],
  ["run.dryRun ? 1 : 'a'", "got 'int' and 'string', expected one type on both sides of \":\""],
  ["environment in ['a', 1]", 'expected a list of values of one type; write all in quotes, or all without'],
  ["environment = 'x'", '"=" here, expected an operator of CEL; write == for equal'],
  ["environment === 'x'", '"=" here, expected an operator of CEL; write == for equal'],
  ["environment =~ 'x'", '"=" here, expected an operator of CEL; write == for equal, or re2(text, "pattern")'],
  ['run.dryRun and true', '"and" here, expected an operator of CEL; write && for and'],
  ['run.dryRun & true', '"&" here, expected an operator of CEL; write && for and'],
  ['run.dryRun or true', '"or" here, expected an operator of CEL; write || for or'],
  ['not run.dryRun', '"run" here, expected an operator of CEL; write ! for not'],
  ['run.dryRun true', 'expected an operator, or the end; join two conditions by && or ||'],
  ['run.dryRun &&', 'expected something after the last sign; finish it'],
  ['(run.dryRun', 'expected ")"; close what "(" opens'],
  ["args['x' == 1", 'expected "]"; close what "[" opens'],
  ['run.dryRun ? true', 'expected ":"; write condition ? one : other'],
  ["environment == 'x", 'expected a quote at the end of the text; close it with the quote that opens it'],
  [String.raw`environment == '\q'`, 'expected an escape that CEL has; double the backslash, or write r"…"'],
  ['findings.exists(5, true)', 'write it as findings.exists(f, f.severity == "high")'],
  ['has(run)', 'expected one field in has(); write has(args.name)'],
];

describe('a condition that does not load', () => {
  it.each(mistakes)('%s', (when, said) => {
    const rules = [{ id: 'only', reason: 'r', effect: 'deny', tools: ['*'], when }];
    const [problem] = problemsOf(JSON.stringify({ version: 1, rules }));
    expect(problem).toContain(said);
    expect(problem).not.toContain('see docs');
  });

  it('repeats a piece of the file at most', () => {
    const rules = [{ id: 'only', reason: 'r', effect: 'deny', tools: ['*'], when: `1 == ${'$'.repeat(1000)}` }];
    const [problem = ''] = problemsOf(JSON.stringify({ version: 1, rules }));
    expect(problem).toContain('expected');
    expect(problem.length).toBeLessThan(400);
  });
});
