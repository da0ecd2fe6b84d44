import { describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const check = async (guard: string, lines: string, more: string[] = []) =>
  await runCli(['guards', 'check', '--guard', guard, '--jsonl', '-', ...more], { stdin: lines });
const answers = (stdout: string): unknown[][] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown[]);

describe('guards check', () => {
  it('answers each line of standard input with a list, in order', async () => {
    const lines = [{ command: 'ls -la' }, { command: 'rm -rf /' }, 'rm -rf ./build', { id: 7, script: 'cat ä.txt' }];
    const { exit, stdout } = await check('shell', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(exit).toBe(0);
    expect(answers(stdout).map(([first]) => first)).toMatchObject([
      { class: 'read', verdict: 'allow', severity: 'info' },
      { class: 'destructive', verdict: 'deny', severity: 'critical', span: { start: 0, end: 8 } },
      { class: 'destructive', verdict: 'ask' },
      { class: 'read', verdict: 'allow' },
    ]);
  });

  it('puts the worst command first', async () => {
    const { stdout } = await check('shell', '"ls; mkdir a; sudo rm b"\n');
    expect(answers(stdout)[0]).toMatchObject([
      { class: 'destructive' },
      { class: 'privilege' },
      { class: 'write' },
      { class: 'read' },
    ]);
  });

  it('answers a line that it cannot read, and goes on', async () => {
    const lines = '{"command":\n\n12\n{"other":"ls"}\n{"base64":"bHM="}\n"ls"';
    const found = answers((await check('shell', lines)).stdout);
    const bad = [{ guard: 'input', rule: 'bad-line', verdict: 'deny' }];
    expect(found).toMatchObject([bad, bad, bad, bad, [{ verdict: 'allow' }], [{ verdict: 'allow' }]]);
  });

  it('says nothing of a text without findings', async () => {
    expect(answers((await check('injection', '"how are you"\n')).stdout)).toEqual([[]]);
    expect(answers((await check('secrets', '"nothing here"\n')).stdout)).toEqual([[]]);
  });

  it('finds a secret without repeating it', async () => {
    const secret = `gh${'p_'}${'a1B2c3D4e5F6'.repeat(3)}`;
    const { stdout } = await check('secrets', JSON.stringify({ text: `token ${secret}` }));
    expect(answers(stdout)[0]).toMatchObject([{ guard: 'secrets', rule: 'github-token', verdict: 'deny' }]);
    expect(stdout).not.toContain(secret.slice(4));
  });

  it('takes hosts and folders to allow', async () => {
    const urls = await check('url', '{"url":"https://api.example.com/x"}\n{"url":"https://evilexample.com"}\n', [
      '--allow',
      'example.com',
    ]);
    expect(answers(urls.stdout)).toMatchObject([[], [{ rule: 'host-not-listed', verdict: 'deny' }]]);
    const paths = await check('paths', '{"path":"/srv/a/b"}\n{"path":"/srv/ab"}\n', ['--root', '/srv/a']);
    expect(answers(paths.stdout)).toMatchObject([[], [{ rule: 'outside-roots', verdict: 'deny' }]]);
  });

  it('reads a file, and says so where there is none', async () => {
    const file = join(await temporaryFolder(), 'inputs.jsonl');
    await writeFile(file, '"ls"\n"reboot"\n');
    const { stdout } = await runCli(['guards', 'check', '--guard', 'shell', '--jsonl', file]);
    expect(answers(stdout)).toMatchObject([[{ verdict: 'allow' }], [{ verdict: 'ask' }]]);
    const missing = await runCli(['guards', 'check', '--guard', 'shell', '--jsonl', `${file}.not`]);
    expect(missing.exit).toBe(3);
    expect(missing.stderr).toContain('expected a file of JSON lines');
  });

  it('refuses a command line without a guard or with an unknown action', async () => {
    for (const argv of [
      ['guards', 'check'],
      ['guards', 'look'],
      ['guards', 'check', '--guard', 'all'],
    ]) {
      expect((await runCli(argv)).exit, argv.join(' ')).toBe(2);
    }
  });
});

it('guards list names every guard with where it looks', async () => {
  const { stdout } = await runCli(['guards', 'list', '--json']);
  const { guards } = JSON.parse(stdout) as { guards: { id: string; at: string[] }[] };
  expect(guards.map(({ id }) => id)).toEqual(['input', 'secrets', 'injection', 'shell', 'paths', 'url']);
  expect((await runCli(['guards', 'list'])).stdout).toContain('beforeTool');
});
