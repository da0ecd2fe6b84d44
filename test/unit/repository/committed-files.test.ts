/** What must never be committed: paths of someone's machine, registry hosts, secrets; and links that lead nowhere. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findLeaks } from '../../../scripts/lint/find-leaks.ts';
import { findBrokenLinks } from '../../../scripts/lint/find-links.ts';
import { listRepositoryFiles, repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import longestFiles from '../../longest-files.json' with { type: 'json' };

const files = listRepositoryFiles();
const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');
const isText = (file: string): boolean => !readFileSync(join(repositoryRoot, file)).includes(0);

test('the list of files is the repository', () => {
  expect(files).toEqual(expect.arrayContaining(['package.json', 'LICENSE', 'scripts/run-gate.ts']));
});

test('the files that are started first are there', () => {
  expect(longestFiles.filter((file) => !files.includes(file))).toEqual([]);
});

test('no committed file holds a machine path, a registry host or a secret', () => {
  const leaks = files
    .filter(isText)
    .flatMap((file) => findLeaks(read(file)).map((leak) => `${file}:${leak.line}: ${leak.kind}`));
  expect(leaks).toEqual([]);
});

test('no committed file is larger than a megabyte', () => {
  expect(files.filter((file) => statSync(join(repositoryRoot, file)).size > 1_000_000)).toEqual([]);
});

test('every relative link of every page leads to a file and heading', () => {
  const pages = files.filter((file) => file.endsWith('.md'));
  const broken = pages.flatMap((page) =>
    findBrokenLinks(read(page), (target) => {
      const path = target === '' ? join(repositoryRoot, page) : join(repositoryRoot, dirname(page), target);
      if (!existsSync(path)) return undefined;
      return path.endsWith('.md') ? readFileSync(path, 'utf8') : '';
    }).map((link) => `${page}:${link.line}: ${link.target}`),
  );
  expect(broken).toEqual([]);
});

describe('findLeaks', () => {
  // Built at run time, so that this file passes its own rule.
  const join2 = (...parts: readonly string[]): string => parts.join('');
  test.each([
    ['a home folder', join2('/ho', 'me/alice/project'), 'machine path'],
    ['a root folder', join2('see /ro', 'ot/.cache/x'), 'machine path'],
    ['a Mac home folder', join2('/Us', 'ers/alice/x'), 'machine path'],
    ['a work folder', join2("'/wo", "rk/main'"), 'machine path'],
    ['a Windows home folder', join2('C:\\Us', 'ers\\alice'), 'machine path'],
    ['the npm registry', join2('https://registry.npm', 'js.org/x'), 'registry host'],
    ['a Python file host', join2('https://files.python', 'hosted.org/x'), 'registry host'],
    ['the Python index', join2('https://py', 'pi.org/simple'), 'registry host'],
    ['a private key', join2('-----BEGIN PRI', 'VATE KEY-----'), 'secret'],
    ['an AWS key', join2('AK', 'IA', 'QWERTYUIOPASDFGH'), 'secret'],
    ['an OpenAI key', join2('sk', '-proj-', 'a1B2c3D4e5F6g7H8i9J0k1L2'), 'secret'],
    ['a GitHub token', join2('gh', 'p_', 'abcdefghijklmnopqrstuvwxyz0123456789'), 'secret'],
    ['a Slack token', join2('xo', 'xb-', '1234567890-abcdefghij'), 'secret'],
    ['a JWT', join2('ey', 'JhbGciOiJIUzI1NiJ9.ey', 'JzdWIiOiIxMjM0In0.', 'abcdefghijklmnopqrstuv'), 'secret'],
  ])('finds %s', (_name, text, kind) => {
    expect(findLeaks(`first line\n${text}`)).toEqual([{ line: 2, kind }]);
  });

  test.each([
    'a relative ./work/main path',
    'core/work',
    'sandbox mounts /tmp and /usr',
    'https://github.com/x/home/y',
  ])('leaves %j alone', (text) => {
    expect(findLeaks(text)).toEqual([]);
  });
});

describe('findBrokenLinks', () => {
  const pages = new Map([
    ['', '# Top\n\n## A `code` heading, twice'],
    ['docs/b.md', '# B\n## Same\n## Same'],
    ['a.png', ''],
  ]);
  const broken = (text: string) => findBrokenLinks(text, (target) => pages.get(target)).map((link) => link.target);

  test.each([
    ['a missing file', '[x](docs/none.md)', 'docs/none.md'],
    ['a missing heading', '[x](docs/b.md#none)', 'docs/b.md#none'],
    ['a missing own heading', '[x](#none)', '#none'],
    ['a missing picture', '![x](none.png)', 'none.png'],
    ['a missing reference target', '[x]: docs/none.md', 'docs/none.md'],
    ['a link with a title', '[x](none.md "title")', 'none.md'],
  ])('finds %s', (_name, text, target) => {
    expect(broken(text)).toEqual([target]);
  });

  test.each([
    ['files and headings that exist', '[x](docs/b.md#same-1) [y](#a-code-heading-twice) ![z](a.png)'],
    ['other sites', '[x](https://example.com/none.md) [y](mailto:a@example.com)'],
    ['code', '`[x](none.md)`\n\n```\n[x](none.md)\n```'],
  ])('accepts %s', (_name, text) => {
    expect(broken(text)).toEqual([]);
  });
});
