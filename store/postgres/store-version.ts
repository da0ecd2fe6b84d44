/** Which version's tables a database holds, against those of this program. It reads; it changes nothing. */
import { sql } from 'kysely';
import { CountersignError } from '../../core/errors.ts';
import type { Queries } from '../sql/session.ts';
import { migrationNames } from '../migrations/run-migrations.ts';
import { schemaName } from './postgres-session.ts';

export interface StoreVersion {
  kind: 'none' | 'older' | 'same' | 'newer';
}

export async function versionOf(queries: Queries): Promise<StoreVersion> {
  const found = await sql<{ there: boolean }>`select exists (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schemaName} and c.relname = 'kysely_migration'
  ) as there`.execute(queries);
  if (found.rows[0]?.there !== true) return { kind: 'none' };
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(`${schemaName}.kysely_migration`)}`.execute(
    queries,
  );
  const applied = new Set(rows.map((row) => row.name));
  if ([...applied].some((name) => !migrationNames.includes(name))) return { kind: 'newer' };
  return { kind: migrationNames.every((name) => applied.has(name)) ? 'same' : 'older' };
}

export function newer(): CountersignError {
  return new CountersignError(
    'config-invalid',
    'Cannot use the "store": its tables are of a newer version, expected those of this program; use the newer program',
  );
}
