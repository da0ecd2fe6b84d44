/**
 * Run after `npm install` where the registry lacks packages of other platforms: adds them to package-lock.json by name and
 * version, without which `npm ci` refuses the whole lockfile. It changes no entry that is there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMissingOptionals, parseLockfile, withMissingOptionals } from './lint/lockfile.ts';
import { repositoryRoot } from './lint/repository-files.ts';

const file = join(repositoryRoot, 'package-lock.json');
const lockfile = parseLockfile(readFileSync(file, 'utf8'));
const missing = findMissingOptionals(lockfile);
if (missing.length > 0) writeFileSync(file, `${JSON.stringify(withMissingOptionals(lockfile), null, 2)}\n`);
console.error(`lockfile: ${missing.length} packages of other platforms added`);
