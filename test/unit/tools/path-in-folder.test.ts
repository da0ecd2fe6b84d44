import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeFoldersInFolder, openInFolder, readTextInFolder } from '../../../tools/path-in-folder.ts';
import { ToolFailure } from '../../../tools/tool-failure.ts';

let outside: string;
let folder: string;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'outside-'));
  folder = join(outside, 'work');
  mkdirSync(join(folder, 'logs'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'secret');
  writeFileSync(join(folder, 'logs', 'a.log'), 'line');
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

describe('a path below a folder', () => {
  test('opens a file, also where the folder’s own path has a link', async () => {
    symlinkSync(folder, join(outside, 'alias'));
    expect(await readTextInFolder(folder, 'logs/./a.log')).toBe('line');
    expect(await readTextInFolder(join(outside, 'alias'), 'logs/a.log')).toBe('line');
  });

  test.each([
    '../secret',
    'logs/../../secret',
    '/etc/hostname',
    '/logs/a.log',
    'logs/../logs/a.log',
    'logs',
    '',
    '.',
    'logs\\a.log',
    'a\0b',
    'none',
    'logs/a.log/b',
  ])('refuses %j', async (path) => {
    await expect(readTextInFolder(folder, path)).rejects.toBeInstanceOf(ToolFailure);
  });

  test('R1 R2 S8 port: refuses a link at the end, on the way, and to itself', async () => {
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    symlinkSync(outside, join(folder, 'up'));
    symlinkSync('loop', join(folder, 'loop'));
    symlinkSync('logs', join(folder, 'inner'));
    for (const path of ['link', 'up/secret', 'loop', 'inner/a.log']) {
      await expect(readTextInFolder(folder, path)).rejects.toBeInstanceOf(ToolFailure);
    }
  });

  test('R5 T9 invert: refuses a second name of a file outside', async () => {
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    await expect(readTextInFolder(folder, 'hard')).rejects.toBeInstanceOf(ToolFailure);
    await expect(openInFolder(folder, 'hard', 'write')).rejects.toBeInstanceOf(ToolFailure);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('T8 invert: does not write through a link, nor make folders through one', async () => {
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    symlinkSync(outside, join(folder, 'up'));
    await expect(openInFolder(folder, 'link', 'write')).rejects.toBeInstanceOf(ToolFailure);
    await expect(makeFoldersInFolder(folder, 'up/new/file')).rejects.toBeInstanceOf(ToolFailure);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('refuses a pipe without waiting for its other end', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readTextInFolder(folder, 'pipe')).rejects.toBeInstanceOf(ToolFailure);
  });

  test('S13 port: writes, appends and creates, and refuses to read too much', async () => {
    await makeFoldersInFolder(folder, 'out/deep/file.txt');
    for (const [mode, text] of [
      ['create', 'a'],
      ['append', 'b'],
      ['append', 'c'],
    ] as const) {
      const file = await openInFolder(folder, 'out/deep/file.txt', mode);
      await file.writeFile(text);
      await file.close();
    }
    expect(await readTextInFolder(folder, 'out/deep/file.txt')).toBe('abc');
    const written = await openInFolder(folder, 'logs/a.log', 'write');
    await written.writeFile('x');
    await written.close();
    expect(await readTextInFolder(folder, 'logs/a.log')).toBe('x');
    await expect(openInFolder(folder, 'out/deep/file.txt', 'create')).rejects.toThrow(/it exists/);
    await expect(readTextInFolder(folder, 'out/deep/file.txt', 2)).rejects.toThrow(/3 bytes/);
    expect(await readTextInFolder(folder, 'out/deep/file.txt', 3)).toBe('abc');
  });

  test('reads no more than its bound of a file that grows after it was looked at', async () => {
    const path = join(folder, 'logs', 'a.log');
    const file = await openInFolder(folder, 'logs/a.log', 'read');
    const small = await file.stat();
    vi.spyOn(Object.getPrototypeOf(file) as typeof file, 'stat').mockResolvedValue(small as never);
    await file.close();
    writeFileSync(path, 'x'.repeat(100));
    await expect(readTextInFolder(folder, 'logs/a.log', 50)).rejects.toThrow(/grew beyond 50 bytes/);
  });
});
