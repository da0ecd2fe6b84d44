/**
 * Kysely's SQLite dialect with three differences: a transaction that may write takes the write lock when it begins (so a
 * check in it cannot be overtaken by another process), tables may be made inside a transaction, which SQLite can, and a
 * statement that was prepared stays prepared whatever values it is given.
 */
import type Database from 'better-sqlite3';
import { withCachedStatements } from './cached-statements.ts';
import {
  CompiledQuery,
  type DatabaseConnection,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';

export class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    super({ database: withCachedStatements(database) });
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateSqliteDriver(this.#database);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }

  override createQueryCompiler(): SqliteQueryCompiler {
    return new SteadyPlanCompiler();
  }
}

class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    super({ database: withCachedStatements(database) });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const begin = settings?.accessMode === 'read only' ? 'begin' : 'begin immediate';
    await connection.executeQuery(CompiledQuery.raw(begin));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite has rolled back by itself after a full disk or an I/O error; a second rollback would hide the cause.
    if (this.#database.open && this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * A bare `?` in the condition of a query that orders its rows makes SQLite plan the query again each time it is given its
 * values (built with STAT4, as here: https://www.sqlite.org/c3ref/prepare.html), which takes ten times as long as the answer.
 * Behind a unary plus, which changes no value of any type, the planner does not look at it. We keep no statistics by which
 * it could choose better.
 */
class SteadyPlanCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return '+?';
  }
}
