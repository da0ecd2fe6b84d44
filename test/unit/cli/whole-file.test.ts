/** A file appears whole or not at all, for its owner alone, and replaces nothing that nobody gave up. */
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writeWholeFile } from '../../../cli/parts/whole-file.ts';

let folder: string;
let path: string;
const never = new AbortController().signal;
const text = (words: string) => async (write: (bytes: Uint8Array) => Promise<void>) => {
  for (const word of words.split(' ')) await write(Buffer.from(word));
  return words.length;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-whole-'));
  path = join(folder, 'file');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('what was written is there, 0600, and nothing beside it', async () => {
  expect(await writeWholeFile({ path, force: false, stop: never }, text('one two'))).toBe(7);
  expect(await readFile(path, 'utf8')).toBe('onetwo');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['file']);
});

test('a file that is there stays, also when it appears while the new one is written', async () => {
  await writeFile(path, 'old');
  await expect(writeWholeFile({ path, force: false, stop: never }, text('new'))).rejects.toMatchObject({
    code: 'conflict',
  });
  await rm(path);
  const late = writeWholeFile({ path, force: false, stop: never }, async (write) => {
    await write(Buffer.from('new'));
    await writeFile(path, 'theirs');
  });
  await expect(late).rejects.toMatchObject({ code: 'conflict' });
  expect(await readFile(path, 'utf8')).toBe('theirs');
  expect(await readdir(folder)).toEqual(['file']);
});

test('with force a file is replaced at once', async () => {
  await writeFile(path, 'old');
  await writeWholeFile({ path, force: true, stop: never }, text('new'));
  expect(await readFile(path, 'utf8')).toBe('new');
});

const noFiles: Readonly<Record<string, (at: string) => unknown>> = {
  'a symbolic link': (at) => symlink(`${at}-target`, at),
  'a named pipe': (at) => execFileSync('mkfifo', [at]),
  'a folder': (at) => mkdir(at),
};

test.each(Object.keys(noFiles).flatMap((kind) => [true, false].map((force) => ({ kind, force }))))(
  '$kind stays what it is, and so does what it leads to (force: $force)',
  async ({ kind, force }) => {
    await writeFile(`${path}-target`, 'precious');
    await noFiles[kind]?.(path);
    const before = await lstat(path);
    const work = vi.fn<ReturnType<typeof text>>(text('new'));
    await expect(writeWholeFile({ path, force, stop: never }, work)).rejects.toMatchObject({
      code: 'conflict',
      message: `Cannot write "${path}": ${kind} is there, expected nothing or a regular file; choose another name`,
    });
    expect(work).not.toHaveBeenCalled();
    expect(await lstat(path)).toMatchObject({ ino: before.ino, mode: before.mode });
    expect(await readFile(`${path}-target`, 'utf8')).toBe('precious');
  },
);

test('with force a link that appears while the file is written stays, too', async () => {
  const late = writeWholeFile({ path, force: true, stop: never }, async (write) => {
    await write(Buffer.from('new'));
    await symlink('elsewhere', path);
  });
  await expect(late).rejects.toMatchObject({ code: 'conflict' });
  expect(await readlink(path)).toBe('elsewhere');
  expect(await readdir(folder)).toEqual(['file']);
});

test('a fault or a stop leaves nothing behind, and what was there as it was', async () => {
  await writeFile(path, 'old');
  const fault = writeWholeFile({ path, force: true, stop: never }, async (write) => {
    await write(Buffer.from('half'));
    throw new TypeError('no more');
  });
  await expect(fault).rejects.toThrow('no more');
  const stop = new AbortController();
  const stopped = await writeWholeFile({ path, force: true, stop: stop.signal }, async (write) => {
    await write(Buffer.from('half'));
    stop.abort();
    await write(Buffer.from('more'));
  });
  expect(stopped).toBeNull();
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['file']);
});

test('a folder that is not there is said with its name', async () => {
  const nowhere = join(folder, 'no', 'file');
  await expect(writeWholeFile({ path: nowhere, force: false, stop: never }, text('x'))).rejects.toMatchObject({
    code: 'input-invalid',
    message: `Cannot write "${nowhere}": the folder "${join(folder, 'no')}" is not there, expected a place where you may write; make it, or choose another place`,
  });
});

test('a place where nothing can be written is said with its name', async () => {
  await writeFile(path, 'no folder');
  const nowhere = join(path, 'file');
  await expect(writeWholeFile({ path: nowhere, force: false, stop: never }, text('x'))).rejects.toMatchObject({
    code: 'input-invalid',
    message: expect.stringContaining(`Cannot write "${nowhere}": ENOTDIR`) as string,
  });
});
