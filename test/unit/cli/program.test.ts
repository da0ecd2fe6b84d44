/** The program around the commands: help, usage errors, exit codes, what is said of an error and where. */
import { expect, test } from 'vitest';
import { commands } from '../../../cli/commands/index.ts';
import { exitOfOutcome } from '../../../cli/exit-codes.ts';
import { reportError } from '../../../cli/report-error.ts';
import { createTerminal } from '../../../cli/terminal.ts';
import { type ErrorCode, errorMeanings } from '../../../core/contracts/errors.ts';
import { CountersignError } from '../../../core/errors.ts';
import { runCli } from './run-cli.ts';

/** As they are typed: `policy check` is one. */
const names = commands.map((command) => command.usage.replace(/ [<[].*$/u, ''));
const firstWords = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))];

test('the program has every command of the contract, in the order of the help', () => {
  expect(firstWords.join(' ')).toBe(
    'init dev run runs show watch approvals approve deny edit withdraw break-glass reviews grants reconcile inbox notices pace cancel replay policy keys slack guards redactions export doctor errors setup worker gateway',
  );
});

test('the help names every command and the exit codes', async () => {
  const { exit, stdout } = await runCli(['--help']);
  expect(exit).toBe(0);
  for (const name of firstWords) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'mu'));
  expect(stdout).toContain('Exit codes: 0 done');
});

test.each(names)('the help of %s has examples and ends with 0', async (name) => {
  const { exit, stdout, stderr } = await runCli([...name.split(' '), '--help']);
  expect(exit).toBe(0);
  expect(stdout).toMatch(new RegExp(`Examples:\\n  \\$ countersign ${name}\\b`, 'u'));
  expect(stdout).toContain('--json');
  expect(stderr).toBe('');
});

test('the version is printed alone', async () => {
  expect(await runCli(['--version'])).toMatchObject({ exit: 0, stdout: '1.2.3\n' });
});

test('no command at all shows the help and is wrong usage', async () => {
  const { exit, stdout, stderr } = await runCli([]);
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: countersign');
});

test.each([
  [['aprove', 'x'], 'unknown command', 'approve'],
  [['runs', '--limt', '3'], 'unknown option', '--limit'],
])('a misspelt %j is wrong usage, with a suggestion', async (argv, says, suggestion) => {
  const { exit, stdout, stderr } = await runCli(argv);
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(says);
  expect(stderr).toContain(`Did you mean ${suggestion}?`);
});

test.each([
  [['show'], 'missing required argument'],
  [['show', 'a', 'b'], 'too many arguments'],
  [['deny', 'abcd'], '--reason'],
  [['runs', '--limit', 'many'], '--limit: expected a whole number from 1 to 200; correct them, --help says how\n'],
])('%j is wrong usage', async (argv, says) => {
  const { exit, stdout, stderr } = await runCli(argv);
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(says);
});

test('wrong usage under --json is one document on standard output and nothing else', async () => {
  const { exit, stdout, stderr } = await runCli(['show', '--json']);
  expect(exit).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'input-invalid', message: expect.stringContaining('missing required argument') },
  });
  expect(stderr).toBe('');
});

test.each(Object.keys(errorMeanings) as ErrorCode[])(
  'the error %s ends with its exit code and names its page',
  (code) => {
    const { terminal, said } = recorder();
    const exit = reportError(new CountersignError(code, 'Cannot do it'), { terminal, json: false, debug: false });
    expect(exit).toBe(errorMeanings[code].exit);
    expect(said.stdout).toBe('');
    expect(said.stderr).toContain('countersign: Cannot do it\n');
    expect(said.stderr).toContain(`what to do: countersign errors ${code}\n`);
  },
);

test('an error under --json is the result', () => {
  const { terminal, said } = recorder();
  reportError(new CountersignError('not-found', 'Cannot find it'), { terminal, json: true, debug: false });
  expect(JSON.parse(said.stdout)).toEqual({ error: { code: 'not-found', message: 'Cannot find it' } });
  expect(said.stderr).toBe('');
});

test('an unexpected fault ends with 70, asks for a report and shows no stack', () => {
  const { terminal, said } = recorder();
  expect(reportError(new TypeError('boom'), { terminal, json: false, debug: false })).toBe(70);
  expect(said.stderr).toContain('unexpected fault: boom');
  expect(said.stderr).toContain('please report it');
  expect(said.stderr).not.toMatch(/\n\s+at /u);
});

test('an unexpected fault shows its stack when asked for', () => {
  const { terminal, said } = recorder();
  reportError(new TypeError('boom'), { terminal, json: false, debug: true });
  expect(said.stderr).toMatch(/\n\s+at /u);
});

test.each([
  ['completed', 0],
  ['refused', 4],
  ['cancelled', 5],
  ['limit-reached', 5],
  ['failed', 1],
  [null, 1],
  [null, 4, 'input-refused'],
  [null, 4, 'ticket-invalid'],
  [null, 1, 'terminated'],
  ['refused', 4, 'limit-reached'],
])('a run that ended as %s ends the program with %i (why: %s)', (outcome, exit, failure?: string) => {
  expect(exitOfOutcome(outcome, failure)).toBe(exit);
});

function recorder() {
  const said = { stdout: '', stderr: '' };
  const terminal = createTerminal({
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    environment: {},
  });
  return { terminal, said };
}
