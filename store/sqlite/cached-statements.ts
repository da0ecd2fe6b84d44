/**
 * The database as Kysely uses it, with each statement prepared once: preparing costs more than most statements take. It
 * changes nothing else. SQLite itself prepares a statement again when the tables have changed.
 */
import type Database from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';
import type { RunStatement } from '../sql/prepared.ts';

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

/** Runs statements of these, once for each call, as Kysely's own connection does. */
export function statementRunner(statements: SqliteDatabase): RunStatement {
  return (sql, values) => {
    const statement = statements.prepare(sql);
    if (statement.reader) return { rows: statement.all(values), changed: 0 };
    return { rows: [], changed: Number(statement.run(values).changes) };
  };
}
