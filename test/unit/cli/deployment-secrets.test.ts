/** What opens a door of this process stays with it: masked from every tool, and never shown to the embedded engine. */
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporalPlace } from '../../../cli/parts/open-door.ts';
import { maskedPaths } from '../../../cli/parts/start-worker-part.ts';
import { readConfig } from '../../../worker/config.ts';
import { openSecretFile } from '../../../worker/secret-files.ts';
import { now, temporaryFolder } from './run-cli.ts';

test('the folder of every file that a setting names as a secret is masked from tools', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'openai');
  writeFileSync(path, 'not-a-real-key');
  const environment = {
    COUNTERSIGN_STATE: '/srv/state',
    COUNTERSIGN_STORE: 'postgres://role@db.example:5432/countersign?sslcert=/srv/db/crt&sslkey=/srv/db-key/key',
    COUNTERSIGN_STORE_PASSWORD_FILE: '/srv/db-password/file',
    COUNTERSIGN_KEY_REGISTRY_FILE: '/srv/registry/registry.json',
    COUNTERSIGN_KEY_RECEIPT_FILE: '/srv/receipt/key',
    TEMPORAL_TLS_CLIENT_CERT_PATH: '/srv/tls/crt',
    TEMPORAL_TLS_CLIENT_KEY_PATH: 'relative/tls-key/key',
    OPENAI_API_KEY_FILE: path,
  };
  const masked = maskedPaths(readConfig(environment), environment);
  for (const place of [
    '/srv/state',
    '/srv/db-key',
    '/srv/db-password',
    '/srv/registry',
    '/srv/receipt',
    resolve('relative/tls-key'),
    dirname(path),
  ]) {
    expect(masked).toContain(place);
  }
});

test('an embedded engine is spoken to in plaintext and shown no key, whatever is set', async () => {
  const environment = { TEMPORAL_API_KEY: 'not-a-real-key', TEMPORAL_TLS: 'true', TEMPORAL_NAMESPACE: 'here' };
  const clock = { now: () => now };
  const engine = await temporalPlace(readConfig(environment), clock, '127.0.0.1:7233');
  expect(engine).toEqual({ address: '127.0.0.1:7233', namespace: 'here' });
  const server = await temporalPlace(readConfig({ ...environment, TEMPORAL_ADDRESS: 'cloud.example:7233' }), clock);
  expect(server).toMatchObject({ address: 'cloud.example:7233', tls: true });
  expect(server.apiKey?.current()).toBe('not-a-real-key');
});

test('half of a rotation leaves the last good key in force', async () => {
  const path = join(await temporaryFolder(), 'key');
  writeFileSync(path, 'first');
  const key = openSecretFile('TEMPORAL_API_KEY_FILE', path);
  writeFileSync(path, '');
  expect(key.current()).toBe('first');
  writeFileSync(path, 'the second');
  expect(key.current()).toBe('the second');
});
