/** Every error code has its page under docs/errors, and no page describes a code that does not exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorMeanings } from '../../../core/contracts/errors.ts';
import { listRepositoryFiles, repositoryRoot } from '../../../scripts/lint/repository-files.ts';

test.each(Object.keys(errorMeanings))('the error code %s has a page that is headed by it', (code) => {
  const page = join(repositoryRoot, 'docs/errors', `${code}.md`);
  expect(existsSync(page), `docs/errors/${code}.md`).toBe(true);
  expect(readFileSync(page, 'utf8').split('\n')[0]).toBe(`# ${code}`);
});

test('no page describes a code that does not exist', () => {
  const pages = listRepositoryFiles().flatMap((file) => /^docs\/errors\/(.+)\.md$/u.exec(file)?.[1] ?? []);
  expect(pages.filter((code) => code !== 'README' && !(code in errorMeanings))).toEqual([]);
});
