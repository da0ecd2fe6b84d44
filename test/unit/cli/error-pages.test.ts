/** The pages of docs/errors say what core/contracts/errors.ts says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorMeanings } from '../../../core/contracts/errors.ts';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';

const folder = join(repositoryRoot, 'docs/errors');
const meanings = Object.entries(errorMeanings);

test.each(meanings)(
  'the page of %s says its meaning, status and exit code',
  (code, { meaning, retry, status, exit }) => {
    const page = readFileSync(join(folder, `${code}.md`), 'utf8');
    expect(page).toContain(`Meaning: ${meaning}.\n`);
    expect(page).toContain(`\n| ${retry ? 'yes' : 'no'} | ${status} | ${exit} |\n`);
    expect(page).toContain('\n## Usual causes\n');
    expect(page).toContain('\n## What to do\n');
  },
);

test('the list of codes is whole and in order', () => {
  const rows = meanings.map(
    ([code, { meaning, retry, status, exit }]) =>
      `| [${code}](${code}.md) | ${meaning} | ${retry ? 'yes' : 'no'} | ${status} | ${exit} |`,
  );
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`\n${rows.join('\n')}\n`);
});
