/**
 * Temporal behind TLS, as a cloud service and a guarded cluster are: mutual TLS and API keys that work, and every way in
 * which they do not, each with a message that names what to change and nothing of a key.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { openDoor } from '../../cli/parts/open-door.ts';
import { type Environment, readConfig } from '../../worker/config.ts';
import { connectNatively } from '../../worker/connect-natively.ts';
import { temporalSettings } from '../../worker/temporal-settings.ts';
import { type Certificate, makeAuthority } from '../support/certificates.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';
import { until } from '../support/until.ts';

const clock = { now: () => Date.now() };
const authority = makeAuthority('authority of the test');
const stranger = makeAuthority('another authority');
const past = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2021-01-01T00:00:00Z') };
const server = authority.issue({ name: 'localhost', names: ['localhost'] });
const goodKey = `key-${crypto.randomUUID()}`;

let folder: string;
let mutual: TlsFront;
let keyed: TlsFront;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-tls-'));
  mutual = await front({ clientAuthority: authority.crt });
  keyed = await front({ apiKeys: [goodKey] });
});

afterAll(async () => {
  await mutual.close();
  await keyed.close();
  await rm(folder, { recursive: true, force: true });
});

test('mutual TLS: client certificate, its key, the server’s authority', async () => {
  expect(await timeThrough(mutual.address, withClient(authority.issue({ name: 'worker' })))).toBeGreaterThan(0);
});

test('an API key implies TLS', async () => {
  expect(await timeThrough(keyed.address, { ...trusting(), TEMPORAL_API_KEY: goodKey })).toBeGreaterThan(0);
});

test('a server whose certificate has another name is reached by that name', async () => {
  const named = await front({ certificate: authority.issue({ name: 'x', names: ['temporal.example'] }) });
  onTestFinished(() => named.close());
  await expectRefused(named.address, trusting(), 'certificate is for another name', 'TEMPORAL_TLS_SERVER_NAME');
  const environment = { ...trusting(), TEMPORAL_TLS_SERVER_NAME: 'temporal.example' };
  expect(await timeThrough(named.address, environment)).toBeGreaterThan(0);
});

test('a server signed by another authority is not trusted', async () => {
  const environment = { ...withClient(authority.issue({ name: 'worker' })), ...trusting(stranger.crt) };
  await expectRefused(mutual.address, environment, 'not trusted here', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH');
});

test('a missing client certificate is named', async () => {
  await expectRefused(mutual.address, trusting(), 'client certificate', 'TEMPORAL_TLS_CLIENT_CERT_PATH');
});

test('a client certificate of another authority is named', async () => {
  const environment = withClient(stranger.issue({ name: 'worker' }));
  await expectRefused(mutual.address, environment, 'client certificate', 'TEMPORAL_TLS_CLIENT_CERT_PATH');
});

test('a server certificate that has ended is named', async () => {
  const old = await front({ certificate: authority.issue({ name: 'localhost', names: ['localhost'], ...past }) });
  onTestFinished(() => old.close());
  await expectRefused(old.address, trusting(), 'not in force', "server's certificate");
});

test('a client certificate that has ended is named before anything connects', async () => {
  const environment = withClient(authority.issue({ name: 'worker', ...past }));
  await expectRefused(mutual.address, environment, 'ended at 2021-01-01', 'TEMPORAL_TLS_CLIENT_CERT_PATH');
});

test('half of a client pair, a key of another pair, and what is no certificate are named', async () => {
  const one = withClient(authority.issue({ name: 'one' }));
  const two = withClient(authority.issue({ name: 'two' }));
  const expectWrong = async (environment: Environment, word: string): Promise<void> => {
    await expectRefused(mutual.address, environment, 'Cannot connect to Temporal', word);
  };
  await expectWrong({ ...one, TEMPORAL_TLS_CLIENT_KEY_PATH: '' }, 'TEMPORAL_TLS_CLIENT_KEY_PATH');
  await expectWrong({ ...one, TEMPORAL_TLS_CLIENT_CERT_PATH: '' }, 'TEMPORAL_TLS_CLIENT_CERT_PATH');
  const { TEMPORAL_TLS_CLIENT_KEY_PATH: keyOfTwo } = two;
  await expectWrong({ ...one, TEMPORAL_TLS_CLIENT_KEY_PATH: keyOfTwo }, 'TEMPORAL_TLS_CLIENT_KEY_PATH');
  await expectWrong({ ...one, TEMPORAL_TLS_CLIENT_CERT_PATH: file('not a certificate') }, 'holds no certificate');
  await expectWrong({ ...one, TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'nowhere') }, 'ENOENT');
});

test('a wrong API key is said to be refused, and is in no message', async () => {
  const wrong = `key-${crypto.randomUUID()}`;
  const message = await expectRefused(
    keyed.address,
    { ...trusting(), TEMPORAL_API_KEY: wrong },
    'refuses our credentials',
    'TEMPORAL_API_KEY',
  );
  expect(message).not.toContain(wrong);
});

test('plaintext to a TLS server and TLS to a plaintext server are told apart', async () => {
  await expectRefused(mutual.address, {}, 'does not answer without TLS', 'TEMPORAL_TLS');
  await expectRefused(inject('temporal').address, { TEMPORAL_TLS: 'true' }, 'does not speak TLS', 'TEMPORAL_TLS=false');
});

test('an address where nothing listens is said to be that', async () => {
  const gone = await front({});
  await gone.close();
  await expectRefused(gone.address, trusting(), 'nothing answers there (ECONNREFUSED)', 'TEMPORAL_ADDRESS');
});

test('a key file that is written anew is used from the next call on, by client and worker', async () => {
  const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
  const rotating = await front({ apiKeys: [first] });
  onTestFinished(() => rotating.close());
  const keyFile = file(`${first}\n`);
  const settings = settingsFor(rotating.address, { ...trusting(), TEMPORAL_API_KEY_FILE: keyFile });
  const { door } = await openDoor(settings.config, clock);
  onTestFinished(() => door.close());
  const native = await connectNatively(temporalSettings(settings.config, rotating.address, Date.now()), 20);
  onTestFinished(() => native.close());
  const ask = () => native.connection.workflowService.getSystemInfo({});
  await ask();
  rotating.accept([second]);
  await expect(door.serverTime()).rejects.toThrow(expect.objectContaining({ code: 'server-unavailable' }));
  writeFileSync(keyFile, second);
  expect(await door.serverTime()).toBeGreaterThan(0);
  await until('the worker to use the new key', () => ask().catch(() => undefined));
  expect([...rotating.keysSeen]).toEqual([first, second]);
});

test('a worker that is not let in says so', async () => {
  const { config } = settingsFor(keyed.address, { ...trusting(), TEMPORAL_API_KEY: 'another key' });
  const connecting = connectNatively(temporalSettings(config, keyed.address, Date.now()));
  await expect(connecting).rejects.toThrow(expect.objectContaining({ code: 'server-unavailable' }));
});

async function front(changes: Partial<Parameters<typeof startTlsFront>[0]>): Promise<TlsFront> {
  return await startTlsFront({ upstream: inject('temporal').address, certificate: server, ...changes });
}

function settingsFor(address: string, environment: Environment) {
  const { namespace } = inject('temporal');
  const given = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, COUNTERSIGN_STATE: folder };
  return { config: readConfig({ ...given, ...environment }) };
}

async function timeThrough(address: string, environment: Environment): Promise<number> {
  const { door } = await openDoor(settingsFor(address, environment).config, clock);
  try {
    return await door.serverTime();
  } finally {
    await door.close();
  }
}

async function expectRefused(address: string, environment: Environment, ...words: string[]): Promise<string> {
  const error: unknown = await timeThrough(address, environment).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  const { message } = error as Error;
  for (const word of words) expect(message).toContain(word);
  return message;
}

function trusting(crt = authority.crt): Record<string, string> {
  return { TEMPORAL_TLS_SERVER_CA_CERT_PATH: file(crt) };
}

function withClient({ crt, key }: Certificate): Record<string, string> {
  return {
    ...trusting(),
    TEMPORAL_TLS_CLIENT_CERT_PATH: file(crt),
    TEMPORAL_TLS_CLIENT_KEY_PATH: file(key),
  };
}

function file(text: string): string {
  const path = join(folder, crypto.randomUUID());
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
