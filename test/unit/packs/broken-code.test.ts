/**
 * Packs whose code does not load: the problem names the place that Node knows, and code that ends the process is told of. Each
 * in a process of its own: the loader of the tests is not Node’s, and some of these end it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'broken pack-'));
  folder = join(parent, 'ops');
  mkdirSync(folder);
  for (const file of ['agent.yaml', 'policy.yaml']) cpSync(join(import.meta.dirname, 'ops', file), join(folder, file));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** @returns what a process that loads the pack printed, and its exit code */
function load(tools: string, helper = ''): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(join(folder, 'tools.ts'), tools);
  writeFileSync(join(folder, 'helper.ts'), helper);
  const loader = JSON.stringify(new URL('../../../packs/load-pack.ts', import.meta.url).href);
  const code = `
    const { formatPackProblem, readPack } = await import(${loader});
    const read = await readPack(${JSON.stringify(folder)});
    console.log(read.kind === 'invalid' ? read.problems.map(formatPackProblem).join('\\n') : read.kind);
  `;
  const parameters = ['--conditions=countersign-source', '--input-type=module', '--eval', code];
  const options = { encoding: 'utf8', timeout: 30_000, killSignal: 'SIGKILL' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, parameters, options);
  return { status, stdout, stderr };
}

test.each<[string, string, string, RegExp]>([
  [
    'no valid TypeScript',
    'export const tools = [\n  { a: 1,\n  b c }\n];',
    '',
    /^tools\.ts:3:5: found code that does not/,
  ],
  ['TypeScript that Node cannot strip', 'export {};\n  enum X { A }', '', /^tools\.ts:2:3: .*enum/],
  ['an import that is not there', "\nimport { nothing } from 'node:fs';", '', /^tools\.ts:2:10: .*nothing/],
  ['code that throws', "const word = 'x';\n  throw new TypeError(word);", '', /^tools\.ts:2:9: .*\(x\)/],
  ['a helper that is broken', "import './helper.ts';", '\n\n  const = 1;', /^helper\.ts:3:9: /],
  [
    'a helper that throws',
    "import { f } from './helper.ts';\nf();",
    'export const f = () => null.x;',
    /^helper\.ts:1:29: /,
  ],
  ['a name that is declared twice', 'const a = 1;\nconst a = 2;', '', /^tools\.ts:2:7: .*already been declared/],
  ['what is no error', "throw 'up';", '', /^tools\.ts:1:1: /],
  ['an error that lies', "throw Object.assign(new Error('x'), { stack: 7 });", '', /^tools\.ts:1:1: .*\(x\)/],
])('names the place of %s', (_, tools, helper, expected) => {
  const { status, stdout, stderr } = load(tools, helper);
  expect(stderr).toBe('');
  expect(stdout).toMatch(expected);
  expect(status).toBe(0);
});

test.each<[string, string, string]>([
  ['ends the process', 'process.exit(0);', 'code that ends the process while it loads'],
  ['ends the process with another code', 'process.exit(3);', 'code that ends the process while it loads'],
  ['waits for what never comes', 'await new Promise(() => {});', 'code that waits for what never comes'],
])('says it of code that %s', (_, tools, found) => {
  const { status, stdout, stderr } = load(tools);
  expect(stdout).toBe('');
  expect(stderr).toContain(`Cannot load agent pack "ops": one problem`);
  expect(stderr).toContain(`tools.ts:1:1: found ${found}, expected code that loads; correct it`);
  expect(status).toBe(2);
});

test('says nothing of a signal that the reader sent', () => {
  const { status, stderr } = load('process.exit(130);');
  expect(stderr).toBe('');
  expect(status).toBe(130);
});

test('says nothing once the code is loaded', () => {
  const { status, stdout, stderr } = load(
    'process.on("exit", () => { process.exitCode = 9; });\nexport const tools = [];',
  );
  expect(stderr).toBe('');
  expect(stdout).toContain('found the tool "read_logs"');
  expect(status).toBe(9);
});
