/**
 * Where a Postgres store is: a URL as libpq and its friends know it, with the parameters that matter here. A password in it
 * is refused (URLs end in process lists and logs), and so is TLS that does not check whom it speaks to. No message repeats
 * the URL.
 */
import { CountersignError } from '../../core/errors.ts';

export interface PostgresLocation {
  kind: 'postgres';
  host: string;
  port: number;
  database: string;
  user: string;
  /** Null: no encryption. */
  tls: { rootFile: string | null; certificateFile: string | null; keyFile: string | null } | null;
  /** Read again for each new connection. Null: none is sent. */
  passwordFile: string | null;
}

const parameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host'] as const;
type Parameter = (typeof parameters)[number];

export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//iu.test(text);
}

/** @throws CountersignError `config-invalid` */
export function readPostgresUrl(text: string, passwordFile: string | null): PostgresLocation {
  const url = URL.parse(text);
  if (!url) throw refused('it is no URL', 'postgres://<role>@<host>:5432/<database>');
  if (url.password !== '') {
    throw refused('it holds a password', 'none; put it into a file and name that in COUNTERSIGN_STORE_PASSWORD_FILE');
  }
  const given = readParameters(url);
  const host = given.host ?? url.hostname.replace(/^\[(.*)\]$/u, '$1');
  const user = decode(url.username);
  const database = decode(url.pathname.slice(1));
  if (host === '') throw refused('it names no host', 'a host, or the folder of its socket as ?host=/folder');
  if (user === '') throw refused('it names no role', 'postgres://<role>@<host>:5432/<database>');
  if (database === '') throw refused('it names no database', 'postgres://<role>@<host>:5432/<database>');
  const port = url.port === '' ? 5432 : Number(url.port);
  return { kind: 'postgres', host, port, database, user, tls: readTls(given, host), passwordFile };
}

function readParameters(url: URL): Partial<Record<Parameter, string>> {
  const given: Partial<Record<Parameter, string>> = {};
  for (const [name, value] of url.searchParams) {
    const known = parameters.find((one) => one === name);
    if (!known) throw refused('it has a parameter that is not known here', `only ${parameters.join(', ')}`);
    if (given[known] !== undefined || value === '') throw refused(`"${known}" is empty or given twice`, 'one value');
    given[known] = value;
  }
  return given;
}

function readTls(given: Partial<Record<Parameter, string>>, host: string): PostgresLocation['tls'] {
  const mode = given.sslmode ?? (isOnThisMachine(host) ? 'disable' : 'verify-full');
  if (mode !== 'verify-full' && mode !== 'disable') {
    const why = 'the others encrypt without knowing for whom';
    throw refused('its "sslmode" is another one', `"verify-full", or "disable" on a network of your own: ${why}`);
  }
  const { sslrootcert = null, sslcert = null, sslkey = null } = given;
  if (mode === 'disable') {
    if (sslrootcert ?? sslcert ?? sslkey) throw refused('it names certificates without TLS', 'sslmode=verify-full');
    return null;
  }
  if ((sslcert === null) !== (sslkey === null)) throw refused('it has one of "sslcert" and "sslkey"', 'both or none');
  return { rootFile: sslrootcert, certificateFile: sslcert, keyFile: sslkey };
}

function isOnThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused('a part of it is not percent-encoded as it should be', 'a URL');
  }
}

function refused(found: string, expected: string): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot use "COUNTERSIGN_STORE": ${found}, expected ${expected}; correct it`,
  );
}
