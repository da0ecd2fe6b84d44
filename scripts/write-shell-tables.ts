/**
 * Writes `guards/shell/tables.json` from the tables in `guards/shell/tables/`: the guards do no I/O, and cases are for tests.
 * Run it after a table changed: `npm run tables`. A test compares the two.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './lint/repository-files.ts';
import { tablesText } from './shell-tables.ts';

writeFileSync(join(repositoryRoot, 'guards/shell/tables.json'), tablesText());
