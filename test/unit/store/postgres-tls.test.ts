/** TLS to a real Postgres: only a server whose certificate is of our authority, in force and for its name is spoken to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStoreLocation, type Store } from '../../../store/index.ts';
import { openPostgresStore } from '../../../store/postgres/open-postgres-store.ts';
import type { PostgresLocation } from '../../../store/postgres/postgres-location.ts';
import { type Authority, type Certificate, makeAuthority } from '../../support/certificates.ts';
import { createDatabase, type PostgresDatabase } from '../../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';

const dayMs = 86_400_000;
const authority = makeAuthority('our authority');
const clients = makeAuthority('authority of clients');
const good = authority.issue({ name: 'localhost', names: ['localhost'] });
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

async function serverWith(certificate: Certificate | undefined): Promise<PostgresServer> {
  return await startPostgres({
    // The superuser sets up over the plain connection; roles must come with TLS, `cert` with a client certificate of their name.
    hba: [
      'hostnossl all postgres all scram-sha-256',
      'hostssl all by_certificate all cert',
      'hostnossl all all all reject',
    ],
    ...(certificate === undefined
      ? {}
      : {
          settings: { ssl: 'on', ssl_ca_file: 'clients.crt' },
          files: { 'server.crt': certificate.crt, 'server.key': certificate.key, 'clients.crt': clients.crt },
        }),
  });
}

/** As its settings would say it: by name, over TLS. */
function locationOf(
  database: PostgresDatabase,
  options: { host?: string; parameters?: string } = {},
): PostgresLocation {
  const { port, database: name, user, passwordFile } = database.roleLocations.agent;
  const { host = 'localhost', parameters = `&sslrootcert=${fileWith('ca.crt', authority.crt)}` } = options;
  const url = `postgres://${user}@${host}:${port}/${name}?sslmode=verify-full${parameters}`;
  return readStoreLocation(url, passwordFile) as PostgresLocation;
}

async function ping(location: PostgresLocation): Promise<string> {
  let store: Store | undefined;
  try {
    store = await openPostgresStore({ location });
    await store.ping();
    return 'answered';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await store?.close();
  }
}

describe('TLS to Postgres', () => {
  let server: PostgresServer;
  let database: PostgresDatabase;
  beforeAll(async () => {
    server = await serverWith(good);
    database = await createDatabase(server);
  });
  afterAll(async () => {
    await database.dispose();
    await server.stop();
  });

  it('answers a role that checks it', async () => {
    const location = locationOf(database);
    const store = await openPostgresStore({ location });
    const { rows } = await database.execute(
      `select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = '${location.user}'`,
    );
    expect(rows).toEqual([{ ssl: true }]);
    await store.close();
  });

  it.each([
    ['another authority', 'another.crt', makeAuthority('another')],
    ['an authority of the same name with another key', 'same.crt', makeAuthority('our authority')],
  ] as [string, string, Authority][])('%s is not believed', async (_, file, { crt }) => {
    const parameters = `&sslrootcert=${fileWith(file, crt)}`;
    expect(await ping(locationOf(database, { parameters }))).toContain('Cannot use the "store": its connection failed');
  });

  it('the system’s authorities alone do not know it', async () => {
    expect(await ping(locationOf(database, { parameters: '' }))).toContain('its connection failed');
  });

  it('a server of another name is refused', async () => {
    expect(await ping(locationOf(database, { host: '127.0.0.1' }))).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('a role without TLS is refused by a server that wants it', async () => {
    expect(await ping({ ...locationOf(database), tls: null })).toContain('28000');
  });

  it('a client certificate logs in without a password, and no other certificate does', async () => {
    const name = database.location.database;
    await database.execute(`create role by_certificate login in role ${name}_agent inherit`);
    const own = clients.issue({ name: 'by_certificate' });
    const foreign = authority.issue({ name: 'by_certificate' });
    const asRole = (file: string, { crt, key }: Certificate): PostgresLocation => ({
      ...locationOf(database, {
        parameters: `&sslrootcert=${fileWith('ca.crt', authority.crt)}&sslcert=${fileWith(`${file}.crt`, crt)}&sslkey=${fileWith(`${file}.key`, key)}`,
      }),
      user: 'by_certificate',
      passwordFile: null,
    });
    expect(await ping(asRole('own', own))).toBe('answered');
    expect(await ping(asRole('foreign', foreign))).not.toBe('answered');
    expect(await ping(asRole('other', clients.issue({ name: 'somebody' })))).not.toBe('answered');
  });
});

describe('a Postgres without a good certificate', () => {
  it.each([
    [
      'expired',
      authority.issue({
        name: 'localhost',
        names: ['localhost'],
        to: new Date(Date.now() - dayMs),
        from: new Date(Date.now() - 2 * dayMs),
      }),
      'CERT_HAS_EXPIRED',
    ],
    ['without TLS', undefined, 'its server offers no TLS'],
  ] as [string, Certificate | undefined, string][])('%s is refused', async (_, certificate, word) => {
    const server = await serverWith(certificate);
    try {
      const database = await createDatabase(server);
      expect(await ping(locationOf(database))).toContain(word);
      await database.dispose();
    } finally {
      await server.stop();
    }
  });
});
