/**
 * The database as Kysely uses it, with each statement prepared once: preparing costs more than most statements take. It
 * changes nothing else. SQLite itself prepares a statement again when the tables have changed.
 */
import type Database from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';

/** More than the store has statements; a text beyond is prepared and forgotten. */
const mostStatements = 500;

export function withCachedStatements(database: Database.Database): SqliteDatabase {
  const statementBySql = new Map<string, Database.Statement>();
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const known = statementBySql.get(sql);
      if (known) return known as never;
      const statement = database.prepare(sql);
      if (statementBySql.size < mostStatements) statementBySql.set(sql, statement);
      return statement as never;
    },
  };
}
