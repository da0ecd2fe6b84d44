/** Connections to a Postgres store: who they are, whom they trust, and how long they may take to be made. */
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { columnTypes } from './postgres-dialect.ts';
import type { PostgresLocation } from './postgres-location.ts';
import { readGivenFile, readPassword } from './secret-file.ts';

export interface PoolOptions {
  /** @default 10 */
  connections?: number;
  connectWithinMs: number;
}

/** Connects to nothing yet. @throws CountersignError `config-invalid` for a file that cannot be used */
export function createPool(location: PostgresLocation, { connections = 10, connectWithinMs }: PoolOptions): pg.Pool {
  const { host, port, database, user, tls, passwordFile } = location;
  // Read once now, so that a file that is missing stops the start; then for each connection, so that it can be changed.
  if (passwordFile !== null) readPassword(passwordFile);
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    // A function also where there is none: otherwise PGPASSWORD or a .pgpass that somebody left would be used.
    password: () => (passwordFile === null ? '' : readPassword(passwordFile)),
    ssl: tls === null ? false : tlsOptions(tls),
    max: connections,
    connectionTimeoutMillis: connectWithinMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'countersign',
    types: columnTypes,
  });
  // A connection that breaks while nobody uses it, or between two statements, is noticed by the next statement on it.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Node checks the certificate against the host that was asked for. */
function tlsOptions(tls: NonNullable<PostgresLocation['tls']>): ConnectionOptions {
  const { rootFile, certificateFile, keyFile } = tls;
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(rootFile === null ? {} : { ca: readGivenFile(rootFile, false) }),
    ...(certificateFile === null ? {} : { cert: readGivenFile(certificateFile, false) }),
    ...(keyFile === null ? {} : { key: readGivenFile(keyFile, true) }),
  };
}
