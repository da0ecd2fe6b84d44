/** `countersign errors`: whoever has only the installed program can read what an error code means and what to do. */
import { expect, test } from 'vitest';
import { type ErrorCode, errorMeanings } from '../../../core/contracts/errors.ts';
import { runCli } from './run-cli.ts';

const codes = Object.keys(errorMeanings) as ErrorCode[];

test('without a code it lists every code with its exit code and meaning', async () => {
  const { exit, stdout } = await runCli(['errors']);
  expect(exit).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(codes);
  for (const [at, code] of codes.entries()) {
    expect(lines[at]).toContain(`exit ${errorMeanings[code].exit} `);
    expect(lines[at]).toContain(errorMeanings[code].meaning);
  }
  const whole = await runCli(['errors', '--json']);
  expect(JSON.parse(whole.stdout)).toEqual({ errors: codes.map((code) => ({ code, ...errorMeanings[code] })) });
});

test.each(codes)('%s: its page, also as JSON', async (code) => {
  const { exit, stdout } = await runCli(['errors', code]);
  expect(exit).toBe(0);
  expect(stdout.startsWith(`# ${code}\n`)).toBe(true);
  expect(stdout).toContain('\n## What to do\n');
  const { page, ...more } = JSON.parse((await runCli(['errors', code, '--json'])).stdout) as { page: string };
  expect(`${page}\n`).toBe(stdout);
  expect(more).toEqual({ code, ...errorMeanings[code] });
});

test.each(['nothing', '../README', 'constructor', ''])('"%s" is no code', async (code) => {
  const { exit, stdout, stderr } = await runCli(['errors', code]);
  expect(exit).toBe(3);
  expect(stdout).toBe('');
  expect(stderr).toContain(`Cannot find the error code "${code}"; \`countersign errors\` lists them all`);
});
