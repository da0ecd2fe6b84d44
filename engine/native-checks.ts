/**
 * Whether the compiled parts of our packages load on this machine: a package for another C library or processor is there
 * and does not run. For `countersign doctor`; never throws.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '../core/errors.ts';
import type { Check } from './check.ts';

const remedy = 'install the package countersign again on this machine, with npm packages for its platform';

export async function nativeChecks(): Promise<Check[]> {
  return [
    await check('Temporal SDK', async () => {
      await import('@temporalio/worker');
      return { version: versionOf('@temporalio/worker'), detail: 'its native core loads' };
    }),
    await check('SQLite', async () => {
      const { default: Database } = await import('better-sqlite3');
      const database = new Database(':memory:');
      try {
        const version = String(database.prepare('select sqlite_version()').pluck().get());
        return { version, detail: `better-sqlite3 ${versionOf('better-sqlite3')} loads` };
      } finally {
        database.close();
      }
    }),
  ];
}

async function check(name: string, look: () => Promise<{ version: string; detail: string }>): Promise<Check> {
  try {
    return { name, ok: true, ...(await look()) };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error).split('\n')[0] ?? '', remedy };
  }
}

function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL(import.meta.resolve(`${name}/package.json`)), 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known ? String(manifest.version) : 'unknown';
}
