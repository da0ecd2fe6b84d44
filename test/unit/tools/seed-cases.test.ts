/**
 * The seeds' cases about schemas (J), and about opening files (R3, R8, S13), by their ids (security.md §1.2, §1.3, §1.7). Ours are
 * zod's schemas: nothing is coerced, and a problem names its place without repeating the value.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { z } from 'zod';
import { checkTool } from '../../../tools/define-tool.ts';
import { openInFolder, readTextInFolder } from '../../../tools/path-in-folder.ts';
import { createToolRegistry } from '../../../tools/registry.ts';

function problemsOf(shape: z.ZodRawShape, args: unknown): string[] {
  const tool = checkTool({
    name: 't',
    description: 'D',
    effect: 'read',
    parameters: z.strictObject(shape),
    execute: () => 'x',
  });
  const parsed = createToolRegistry([tool], { moduleDigest: `sha256:${'0'.repeat(64)}` })
    .get('t')
    ?.parseArguments(typeof args === 'string' ? args : JSON.stringify(args));
  return parsed?.kind === 'invalid' ? parsed.problems : [];
}

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  const open: typeof real.open = async (path, flags, mode) => {
    if (String(path).endsWith('closed')) throw Object.assign(new Error('denied'), { code: 'EACCES' });
    return await real.open(path, flags, mode);
  };
  return { ...real, open };
});

describe('schemas of arguments', () => {
  it('J1 port: names what is missing inside an object', () => {
    expect(problemsOf({ user: z.strictObject({ name: z.string() }) }, { user: {} })).toEqual([
      expect.stringContaining('"user.name"'),
    ]);
  });

  it('J2 port: names what is missing inside a list', () => {
    const people = z.array(z.strictObject({ role: z.string() }));
    expect(problemsOf({ people }, { people: [{ role: 'a' }, {}] })).toEqual([
      expect.stringContaining('"people.1.role"'),
    ]);
  });

  it('J3 port: takes one of several values, of text and of number, and 1.0 is 1', () => {
    const shape = { level: z.enum(['low', 'high']), count: z.union([z.literal(1), z.literal(2)]) };
    expect(problemsOf(shape, '{"level":"low","count":1.0}')).toEqual([]);
    expect(problemsOf(shape, { level: 'middle', count: 1 })).toHaveLength(1);
    expect(problemsOf(shape, { level: 'low', count: 3 })).toHaveLength(1);
    expect(problemsOf(shape, { level: 'low', count: '1' })).toHaveLength(1);
  });

  it('J4 port: holds texts to a pattern', () => {
    const shape = { code: z.string().regex(/^[a-z]{3}$/u) };
    expect(problemsOf(shape, { code: 'abc' })).toEqual([]);
    expect(problemsOf(shape, { code: 'ab1' })).toHaveLength(1);
  });

  it('J5 port: holds numbers to their bounds', () => {
    const shape = { n: z.number().min(0).max(10) };
    expect([0, 10, 11, -1].map((n) => problemsOf(shape, { n }).length)).toEqual([0, 0, 1, 1]);
  });

  it.each<[string, z.ZodType, unknown]>([
    ['boolean', z.boolean(), 'no'],
    ['number', z.number(), true],
    ['integer', z.int(), '12'],
    ['integer', z.int(), 1.3],
    ['object', z.strictObject({}), null],
    ['list', z.array(z.string()), 'x'],
    ['null', z.null(), 'x'],
  ])('J6 port: a %s is no %j', (_type, schema, value) => {
    expect(problemsOf({ value: schema }, { value })).toHaveLength(1);
  });

  it('J6 port: 2.0 is an integer; a type that is not JSON is refused when the tool is defined', () => {
    expect(problemsOf({ value: z.int() }, '{"value":2.0}')).toEqual([]);
    expect(() => problemsOf({ value: z.date() }, {})).toThrow(/z\.date/);
  });
});

describe('opening files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seeds-'));
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'plain'), 'text');
    symlinkSync('plain', join(folder, 'link'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['R8 port: what is missing', 'none', /no such file/],
    ['R8 port: a link', 'link', /symbolic link/],
    ['S13 port: a folder', 'inner', /not a regular file|folder/],
    ['S13 port: a blank path', '', /Cannot open/],
  ])('%s is refused', async (_name, path, why) => {
    await expect(readTextInFolder(folder, path)).rejects.toThrow(why);
  });

  test('R8 port: a regular file is opened', async () => {
    expect(await readTextInFolder(folder, 'plain')).toBe('text');
  });

  test('R4 port: a path deeper than anybody needs is refused', async () => {
    await expect(readTextInFolder(folder, `${'inner/'.repeat(5000)}plain`)).rejects.toThrow(/Cannot open/);
  });

  // A root user may open everything: that the system says no is what is made here.
  test('R3 port: what may not be opened is refused, and says so', async () => {
    mkdirSync(join(folder, 'closed'));
    await expect(openInFolder(folder, 'closed/file', 'read')).rejects.toThrow(/it may not be opened/);
  });
});
