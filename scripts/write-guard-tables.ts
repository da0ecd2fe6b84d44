/**
 * Writes the guards' tables as JSON, from the YAML in which people write them: the guards do no I/O, and cases are for tests.
 * Run it after a table changed: `npm run tables`. Tests compare the two.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './lint/repository-files.ts';
import { secretPlacesText } from './secret-place-table.ts';
import { tablesText } from './shell-tables.ts';
import { signalsText } from './signal-table.ts';

writeFileSync(join(repositoryRoot, 'guards/shell/tables.json'), tablesText());
writeFileSync(join(repositoryRoot, 'guards/shell/secret-places.json'), secretPlacesText());
writeFileSync(join(repositoryRoot, 'guards/injection/signals.json'), signalsText());
