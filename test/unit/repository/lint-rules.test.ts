/** The lint rules that hold the house style are on: each violation, planted in a copy of the set-up, is reported. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';

const planted: readonly (readonly [file: string, rule: string, source: string])[] = [
  ['core/default-export.ts', 'import(no-default-export)', 'export default 1;'],
  ['core/any.ts', 'typescript(no-explicit-any)', 'export const a: any = 1;'],
  ['store/floating.ts', 'typescript(no-floating-promises)', 'export function a(): void { Promise.resolve(1); }'],
  [
    'store/misused.ts',
    'typescript(no-misused-promises)',
    'export const a = [1].forEach(async () => { await Promise.resolve(); });',
  ],
  ['store/unsafe.ts', 'typescript(no-unsafe-assignment)', 'export const a: string = JSON.parse("1");'],
  ['store/console.ts', 'eslint(no-console)', 'console.log("a");'],
  ['core/Big_Name.ts', 'unicorn(filename-case)', 'export const a = 1;'],
  ['core/long.ts', 'eslint(max-lines)', Array.from({ length: 401 }, (_, n) => `export const a${n} = ${n};`).join('\n')],
  ['core/ignored.ts', 'typescript(ban-ts-comment)', '// @ts-ignore\nexport const a = 1;'],
  ['core/environment.ts', 'eslint(no-restricted-globals)', 'export const a = process.env;'],
  ['core/clock.ts', 'eslint(no-restricted-properties)', 'export const a = Date.now();'],
  ['policy/fetch.ts', 'eslint(no-restricted-globals)', 'export const a = fetch;'],
  ['guards/chance.ts', 'eslint(no-restricted-properties)', 'export const a = Math.random();'],
  ['workflows/timer.ts', 'eslint(no-restricted-globals)', 'setTimeout(() => undefined, 1);'],
  ['workflows/chance.ts', 'eslint(no-restricted-properties)', 'export const a = Math.random();'],
  ['workflows/uuid.ts', 'eslint(no-restricted-globals)', 'export const a = crypto.randomUUID();'],
  [
    'core/values-as-types.ts',
    'typescript(consistent-type-imports)',
    "import { A } from './a-type.ts';\nexport const a: A = 1;",
  ],
  ['core/bang.ts', 'typescript(no-non-null-assertion)', 'export const a = (b: string | undefined): string => b!;'],
  ['core/throw.ts', 'typescript(only-throw-error)', "export function a(): never { throw 'text'; }"],
  [
    'core/switch.ts',
    'typescript(switch-exhaustiveness-check)',
    "export function a(b: 'x' | 'y'): void { switch (b) { case 'x': break; } }",
  ],
  [
    'test/unit/skip.test.ts',
    'vitest(no-disabled-tests)',
    "import { test } from 'vitest';\ntest.skip('a', () => undefined);",
  ],
  [
    'test/unit/only.test.ts',
    'vitest(no-focused-tests)',
    "import { test } from 'vitest';\ntest.only('a', () => undefined);",
  ],
];
const clean: readonly (readonly [file: string, source: string])[] = [
  ['core/a-type.ts', 'export type A = number;'],
  ['cli/talk.ts', 'console.error("talk");\nexport const a = Date.now();'],
];

let folder = '';
let reports: readonly string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-lint-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    cpSync(join(repositoryRoot, file), join(folder, file));
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, , source] of planted) write(file, source);
  for (const [file, source] of clean) write(file, source);
  const program = join(repositoryRoot, 'node_modules/.bin/oxlint');
  const run = spawnSync(program, ['--type-aware', '--format=json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 32 * 1024 * 1024,
  });
  const reportSchema = z.looseObject({
    diagnostics: z.array(z.looseObject({ code: z.string(), filename: z.string() })),
  });
  reports = reportSchema.parse(JSON.parse(run.stdout)).diagnostics.map((found) => `${found.filename} ${found.code}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(planted)('%s is refused by %s', (file, rule) => {
  expect(reports).toContain(`${file} ${rule}`);
});

test.each(clean)('%s is clean', (file) => {
  expect(reports.filter((report) => report.startsWith(`${file} `))).toEqual([]);
});

test('the formatter is on', () => {
  const program = join(repositoryRoot, 'node_modules/.bin/biome');
  const format = (input: string): string =>
    execFileSync(program, ['format', '--stdin-file-path=core/a.ts'], { cwd: repositoryRoot, input, encoding: 'utf8' });
  expect(format('const a = {b:"c"}')).toBe("const a = { b: 'c' };\n");
});

function write(file: string, source: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), `${source}\n`);
}
