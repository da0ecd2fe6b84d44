/**
 * The store on Postgres, for any number of processes on any number of machines. What a method has answered is committed as
 * the server was told to (`synchronous_commit` is on by default). Opening changes nothing: `setUpPostgresStore` makes the
 * tables, as their owner, which these processes are not.
 */
import { CountersignError } from '../../core/errors.ts';
import { createSqlStore } from '../sql/create-sql-store.ts';
import type { Store } from '../store.ts';
import { checkLogin, type LoginCheck } from './login-rights.ts';
import { StatementFault } from './postgres-errors.ts';
import type { PostgresLocation } from './postgres-location.ts';
import { createPool } from './postgres-pool.ts';
import { createPostgresSession } from './postgres-session.ts';
import { newer, type StoreVersion, versionOf } from './store-version.ts';

export interface PostgresStoreOptions {
  location: PostgresLocation;
  /** How long a method may take, ms. @default 3000: the gate has 5 s for everything. */
  answerWithinMs?: number;
  /** Most connections of this process. @default 10 */
  connections?: number;
  /** Absent: whoever opens it finds out. */
  login?: LoginCheck | undefined;
}

/**
 * @throws CountersignError `store-unavailable` when the database does not answer, `config-invalid` when it refuses the login
 * or its tables are of another version, or the login may not do what this process does
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { location, answerWithinMs = 3000, connections, login } = options;
  const pool = createPool(location, {
    connectWithinMs: answerWithinMs,
    ...(connections === undefined ? {} : { connections }),
  });
  const session = createPostgresSession({ pool, answerWithinMs });
  try {
    const version = await session.read(versionOf);
    if (version.kind !== 'same') throw wrongVersion(version.kind);
    if (login) await session.read((queries) => checkLogin(queries, login));
    return createSqlStore(session);
  } catch (error) {
    await session.close();
    throw toOpenError(error);
  }
}

/** Which tables are there, for whoever is about to make them. @throws CountersignError as `openPostgresStore`, but for the version */
export async function lookAtPostgresStore({
  location,
  answerWithinMs = 3000,
}: PostgresStoreOptions): Promise<StoreVersion['kind']> {
  const pool = createPool(location, { connectWithinMs: answerWithinMs, connections: 1 });
  const session = createPostgresSession({ pool, answerWithinMs });
  try {
    return (await session.read(versionOf)).kind;
  } catch (error) {
    throw toOpenError(error);
  } finally {
    await session.close();
  }
}

function wrongVersion(kind: Exclude<StoreVersion['kind'], 'same'>): CountersignError {
  if (kind === 'newer') return newer();
  const found = kind === 'none' ? 'it has no tables' : 'its tables are of an older version';
  return new CountersignError(
    'config-invalid',
    `Cannot use the "store": ${found}, expected those of this program; run "countersign setup" as the owner of the database`,
  );
}

/** At the start a refused login is a wrong setting; later it is an outage, since passwords change while processes run. */
function toOpenError(error: unknown): unknown {
  const cause = error instanceof CountersignError ? error.cause : undefined;
  if (!(cause instanceof StatementFault) || !/^(?:28...|3D000)$/u.test(cause.state)) return error;
  const found = cause.state === '3D000' ? 'its server has no such database' : 'its server refuses the login';
  return new CountersignError(
    'config-invalid',
    `Cannot use the "store": ${found} (${cause.state}), expected a role and a database that are there; correct COUNTERSIGN_STORE or COUNTERSIGN_STORE_PASSWORD_FILE`,
    { cause },
  );
}
