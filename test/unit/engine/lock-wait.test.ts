/** A start waits for an engine that ends soon, says so once, and never takes a folder that is held. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockStateFolder, lockWhenFree } from '../../../engine/engine-lock.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-lock-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('it has the folder when the other engine has ended, and said once that it waits', async () => {
  const other = lockStateFolder(folder);
  let waits = 0;
  const lock = await lockWhenFree(folder, 60_000, () => {
    waits += 1;
    other.release();
  });
  expect(waits).toBe(1);
  expect(() => lockStateFolder(folder)).toThrow('another engine is running on it');
  lock.release();
});

test.each([0, 1])('a folder that is held after %i ms is refused', async (waitMs) => {
  const other = lockStateFolder(folder);
  await expect(lockWhenFree(folder, waitMs, () => undefined)).rejects.toMatchObject({ code: 'conflict' });
  other.release();
});
