/** `init`: the pack it writes loads as it is, and nothing is ever overwritten. */
import { execFile } from 'node:child_process';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { defaultPolicyText } from '../../../policy/index.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

test('init writes a pack that loads: one read, one effect, the default policy', async () => {
  // Nothing is installed there: the program lends the pack what it imports.
  const folder = join(await temporaryFolder(), 'My Notes');
  const { exit, stdout, stderr } = await runCli(['init', folder]);
  expect(exit).toBe(0);
  expect(stdout.trim().split('\n')).toEqual(
    ['agent.yaml', 'policy.yaml', 'policy.cases.yaml', 'tools.ts'].map((name) => join(folder, name)),
  );
  expect(stderr).toContain(`countersign dev '${folder}'\n`);
  expect(stderr).toContain('countersign run my-notes');
  expect(await readFile(join(folder, 'policy.yaml'), 'utf8')).toBe(defaultPolicyText);
  expect(await loadAlone(folder)).toEqual({ agent: 'my-notes', tools: { add_note: 'effect', read_notes: 'read' } });
});

test('init writes cases that its policy holds', async () => {
  const folder = join(await temporaryFolder(), 'ops');
  await runCli(['init', folder]);
  expect(await runCli(['policy', 'test', join(folder, 'policy.yaml')])).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('3 cases, 0 failed'),
  });
});

test('init says what it wrote under --json', async () => {
  const folder = join(await temporaryFolder(), 'ops');
  const { stdout } = await runCli(['init', folder, '--json']);
  expect(JSON.parse(stdout)).toEqual({
    folder,
    agent: 'ops',
    files: ['agent.yaml', 'policy.yaml', 'policy.cases.yaml', 'tools.ts'],
  });
});

test('init writes nothing into a folder that holds one of its files', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'policy.yaml'), 'mine');
  const { exit, stderr } = await runCli(['init', folder]);
  expect(exit).toBe(5);
  expect(stderr).toContain('it holds policy.yaml');
  expect(await readdir(folder)).toEqual(['policy.yaml']);
  expect(await readFile(join(folder, 'policy.yaml'), 'utf8')).toBe('mine');
});

test('init keeps the other files of a folder', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'README.md'), 'mine');
  expect(await runCli(['init', folder])).toMatchObject({ exit: 0 });
  expect((await readdir(folder)).toSorted()).toEqual([
    'README.md',
    'agent.yaml',
    'policy.cases.yaml',
    'policy.yaml',
    'tools.ts',
  ]);
});

test.each([
  ['my agent!', 'my-agent'],
  ["it's -- ", 'it-s'],
  ['-7-', 'agent'],
  [`${'a'.repeat(63)} b`, 'a'.repeat(63)],
])('init makes a fit name of %j and a command that a shell can take', async (name, agent) => {
  const folder = join(await temporaryFolder(), name);
  const { stderr } = await runCli(['init', folder]);
  expect(stderr).toContain(`countersign run ${agent} "`);
  const command = /countersign dev (.*)\n/u.exec(stderr)?.[1] ?? '';
  const { stdout } = await promisify(execFile)('sh', ['-c', `printf %s ${command}`]);
  expect(stdout).toBe(folder);
});

test('init refuses what is no folder, before it writes anything', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), 'mine');
  for (const given of ['file', 'file/pack', 'file/a/b']) {
    const { exit, stderr } = await runCli(['init', join(folder, given)]);
    expect(exit).toBe(2);
    expect(stderr).toContain(`"${join(folder, 'file')}" is no folder`);
  }
  expect(await readdir(folder)).toEqual(['file']);
});

test('init refuses a link that leads nowhere', async () => {
  const folder = await temporaryFolder();
  await symlink(join(folder, 'nowhere'), join(folder, 'link'));
  const { exit, stderr } = await runCli(['init', join(folder, 'link', 'pack')]);
  expect(exit).toBe(2);
  expect(stderr).toContain(`no folder can be made in "${folder}" (EEXIST)`);
});

/** In processes of their own: one that tried for ever would never let this one end. */
test.each(['/proc/pack', '/proc/a/pack', '/sys/a/pack'])('a folder in %s is refused at once', async (folder) => {
  const maker = JSON.stringify(new URL('../../../cli/make-folder.ts', import.meta.url).href);
  const code = `
    const { makeFolder } = await import(${maker});
    console.log(await makeFolder(${JSON.stringify(folder)}).then(() => 'made', (error) => error.message));
  `;
  const parameters = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, {
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  expect(stdout).toMatch(/^no folder can be made in /u);
});

/** In a process of its own: this one's module loader is not Node's. */
async function loadAlone(folder: string): Promise<unknown> {
  const loader = JSON.stringify(new URL('../../../cli/parts/load-pack-folder.ts', import.meta.url).href);
  const code = `
    const { loadPackFolder } = await import(${loader});
    const { body, tools } = await loadPackFolder(${JSON.stringify(folder)});
    const effects = tools.list().map(({ definition }) => [definition.name, definition.effect]);
    console.log(JSON.stringify({ agent: body.name, tools: Object.fromEntries(effects) }));
  `;
  const parameters = ['--conditions=countersign-source', '--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: folder });
  return JSON.parse(stdout);
}

test('it says how a compatible server is set: in its last words, and where the model is named', async () => {
  const folder = join(await temporaryFolder(), 'notes');
  const { stderr } = await runCli(['init', folder]);
  expect(stderr).toContain('for a compatible server set OPENAI_BASE_URL, and see "model" in agent.yaml');
  const agent = await readFile(join(folder, 'agent.yaml'), 'utf8');
  expect(agent).toMatch(/# .*OPENAI_BASE_URL.* chat-completions .*\n {2}api: responses\n/u);
});
