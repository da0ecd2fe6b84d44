/**
 * Kysely's Postgres dialect for one transaction on one connection: it begins with the statements that the session gives
 * (time-outs, schema, locks) in a single round trip, and notes when the commit was sent, from which on nobody can know its
 * outcome but by looking. 64-bit integers are numbers, as SQLite has them; one that a number cannot hold is refused.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPoolClient,
} from 'kysely';
import pg from 'pg';
import { CountersignError } from '../../core/errors.ts';
import { faultOf } from './postgres-errors.ts';

export interface TransactionProgress {
  /** From here on a lost connection leaves the outcome unknown. */
  commitWasSent: boolean;
  /** The rollback failed: whoever used this connection next would work in this transaction. */
  mustDiscard: boolean;
}

/** @param begin statements, the first of which begins the transaction */
export class OneTransactionDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  readonly #begin: string;
  readonly #progress: TransactionProgress;

  constructor(client: Pick<pg.ClientBase, 'query'>, begin: string, progress: TransactionProgress) {
    const ofOne = faultsApart(client, progress);
    const config = { pool: { connect: () => Promise.resolve(ofOne), end: () => Promise.resolve(), options: {} } };
    super(config);
    this.#config = config;
    this.#begin = begin;
    this.#progress = progress;
  }

  override createDriver(): PostgresDriver {
    return new OneTransactionDriver(this.#config, this.#begin, this.#progress);
  }
}

class OneTransactionDriver extends PostgresDriver {
  readonly #begin: string;
  readonly #progress: TransactionProgress;

  constructor(config: PostgresDialectConfig, begin: string, progress: TransactionProgress) {
    super(config);
    this.#begin = begin;
    this.#progress = progress;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.#begin));
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#progress.commitWasSent = true;
    await super.commitTransaction(connection);
  }
}

/** The session owns the connection: Kysely's release is not the end of it. */
function faultsApart(client: Pick<pg.ClientBase, 'query'>, progress: TransactionProgress): PostgresPoolClient {
  const query = async (text: string, values: unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, values);
    } catch (error) {
      throw faultOf(error);
    }
  };
  // Kysely's overloads have a cursor too, which the store never uses.
  return {
    query: query as PostgresPoolClient['query'],
    release: (discard) => {
      if (discard === true) progress.mustDiscard = true;
    },
  };
}

const int8 = pg.types.builtins.INT8;

/** Of a connection: how its values are read. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (id, format) => (id === int8 ? readInt8 : pg.types.getTypeParser(id, format)),
};

function readInt8(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new CountersignError(
    'record-invalid',
    'Cannot read a stored number: it is beyond 2^53, expected what this store wrote; restore the database from a backup',
  );
}
