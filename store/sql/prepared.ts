/**
 * A query that is built and compiled once for each database and then run with other values: building one anew costs more
 * than SQLite takes to answer it. The text is Kysely's own; values never become part of it.
 */
import type { Compilable, CompiledQuery } from 'kysely';
import type { Queries } from './session.ts';

/** Stands where a value will be; Kysely takes it for one. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Asks the database for the answer to a text and its values, on the connection of one transaction. */
export type RunStatement = (sql: string, values: readonly unknown[]) => { rows: unknown[]; changed: number };

/** Of the transactions that are under way and have one. */
const shortWays = new WeakMap<Queries, RunStatement>();

/**
 * Prepared queries of this transaction go to the database by `run` until `work` ends, past the builder's layers of promises,
 * which take longer than the answer. Afterwards they go by the builder again, which refuses a transaction that has ended.
 */
export async function withShortWay<T>(
  queries: Queries,
  run: RunStatement,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  shortWays.set(queries, run);
  try {
    return await work(queries);
  } finally {
    shortWays.delete(queries);
  }
}

/**
 * @param build called once; where it takes a parameter, the query has a placeholder. It must not look at the value, nor
 * build another query for another one.
 */
export function prepared<P extends object, R>(
  build: (queries: Queries, parameters: P) => Compilable<R>,
): (queries: Queries, parameters: P) => Promise<{ rows: R[]; changed: number }> {
  // By the adapter's class, which is the dialect's: another dialect writes the same query in other words.
  const queryByDialect = new Map<unknown, CompiledQuery<R>>();
  return async (queries, parameters) => {
    const dialect = queries.getExecutor().adapter.constructor;
    let compiled = queryByDialect.get(dialect);
    if (!compiled) {
      compiled = build(queries, placeholders(parameters)).compile();
      queryByDialect.set(dialect, compiled);
    }
    const values = compiled.parameters.map((value) =>
      value instanceof Placeholder ? parameters[value.name as keyof P] : value,
    );
    const run = shortWays.get(queries);
    if (run) return run(compiled.sql, values) as { rows: R[]; changed: number };
    const { rows, numAffectedRows = 0n } = await queries.executeQuery<R>({ ...compiled, parameters: values });
    return { rows, changed: Number(numAffectedRows) };
  };
}

function placeholders<P extends object>(parameters: P): P {
  const entries = Object.keys(parameters).map((name) => [name, new Placeholder(name)] as const);
  return Object.fromEntries(entries) as P;
}
