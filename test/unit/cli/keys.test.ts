/** `keys`: the secret of a person's key never leaves its file; what goes to the gateway is the hash. */
import { createHash, createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli, startFakeGateway } from './run-cli.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keyId = 'abcdefghijkl';
const view = {
  keyId,
  principal: 'bob',
  roles: ['operator'],
  person: true,
  scopes: ['approvals:vote'],
  expiresAt: 4_102_444_800_000,
  mintedBy: 'ann',
  mintedWith: null,
  lastUsedAt: null,
  madeByBearer: true,
  publicKey: null,
};

describe('keys request', () => {
  test('keeps the secret in a file of its owner, and prints its hash alone', async () => {
    const path = join(folder, 'key');
    const { exit, stdout, stderr } = await runCli(['keys', 'request', path]);
    expect(exit).toBe(0);
    const [, id, secret = ''] = /^cs_([a-z0-9]{12})_([A-Za-z0-9_-]{43})\n$/u.exec(await readFile(path, 'utf8')) ?? [];
    expect(stdout).toBe(`${id}.${createHash('sha256').update(secret).digest('hex')}\n`);
    expect(stdout + stderr).not.toContain(secret);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('--signing keeps the private half in the file, and prints the public one with a proof', async () => {
    const path = join(folder, 'key.pem');
    const { exit, stdout, stderr } = await runCli(['keys', 'request', path, '--signing']);
    expect(exit).toBe(0);
    const file = await readFile(path, 'utf8');
    const { x, d } = createPrivateKey(file).export({ format: 'jwk' });
    expect(stdout).toMatch(new RegExp(`^[a-z0-9]{12}\\.${x}\\.[A-Za-z0-9_-]{86}\n$`, 'u'));
    expect(stdout + stderr).not.toContain(d);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('replaces no file unless told to', async () => {
    const path = join(folder, 'key');
    await runCli(['keys', 'request', path]);
    const before = await readFile(path, 'utf8');
    expect((await runCli(['keys', 'request', path])).exit).not.toBe(0);
    expect(await readFile(path, 'utf8')).toBe(before);
    expect((await runCli(['keys', 'request', path, '--force'])).exit).toBe(0);
    expect(await readFile(path, 'utf8')).not.toBe(before);
  });
});

describe('keys enrol', () => {
  test('sends the hash, and says that the key votes as the person', async () => {
    const gateway = await startFakeGateway();
    gateway.on('POST', '/v1/keys', () => ({ ...view, apiKey: null }));
    const hash = 'ab'.repeat(32);
    const { exit, stdout } = await runCli(
      ['keys', 'enrol', 'bob', '--request', `${keyId}.${hash}`, '--role', 'operator', '--days', '30'],
      gateway,
    );
    expect(exit).toBe(0);
    expect(stdout).toContain(`key ${keyId} of bob stands`);
    expect(gateway.requests[0]?.body).toEqual({
      principal: 'bob',
      roles: ['operator'],
      scopes: ['runs:start', 'runs:read', 'approvals:read', 'approvals:vote'],
      expiresInMs: 30 * 86_400_000,
      person: true,
      own: { keyId, secretHash: hash },
    });
  });

  test('sends what a signing key asks for, for votes alone, and says what it is worth', async () => {
    const gateway = await startFakeGateway();
    gateway.on('POST', '/v1/keys', () => ({ ...view, apiKey: null, publicKey: 'A'.repeat(43) }));
    const request = `${keyId}.${'A'.repeat(43)}.${'B'.repeat(86)}`;
    const enrol = async (...more: string[]) =>
      (await runCli(['keys', 'enrol', 'bob', '--request', request, ...more], gateway)).stdout;
    expect(await enrol()).toContain('what it signs is that person’s answer');
    expect(await enrol('--service')).toContain('can deny, and approves nothing');
    const own = { keyId, publicKey: 'A'.repeat(43), proof: 'B'.repeat(86) };
    expect(gateway.requests.map(({ body }) => body)).toMatchObject([
      { person: true, scopes: ['approvals:vote'], own },
      { person: false, scopes: ['approvals:vote'], own },
    ]);
  });

  test('takes nothing for a request that is none', async () => {
    const gateway = await startFakeGateway();
    const { exit, stderr } = await runCli(['keys', 'enrol', 'bob', '--request', 'cs_abc_def'], gateway);
    expect(exit).not.toBe(0);
    expect(stderr).toContain('expected what "countersign keys request" printed');
    expect(gateway.requests).toEqual([]);
  });
});

describe('keys make, list, revoke', () => {
  test('make prints the key of a service account once', async () => {
    const gateway = await startFakeGateway();
    gateway.on('POST', '/v1/keys', () => ({ ...view, person: false, madeByBearer: false, apiKey: 'the-key' }));
    const { stdout } = await runCli(['keys', 'make', 'ci', '--scope', 'runs:start'], gateway);
    expect(stdout).toBe('the-key\n');
    expect(gateway.requests[0]?.body).toMatchObject({ principal: 'ci', person: false, scopes: ['runs:start'] });
  });

  test.each([
    ['make', ['keys', 'make', 'ci', '--role', 'nosuchrole']],
    ['enrol', ['keys', 'enrol', 'bob', '--request', `${keyId}.${'ab'.repeat(32)}`, '--role', 'nosuchrole']],
  ])('%s warns of a role that no active policy declares, and does it all the same', async (_, line) => {
    const gateway = await startFakeGateway();
    gateway.on('POST', '/v1/keys', () => ({ ...view, apiKey: 'the-key', undeclaredRoles: ['nosuchrole'] }));
    const { exit, stderr } = await runCli(line, gateway);
    expect(exit).toBe(0);
    expect(stderr).toContain('role "nosuchrole": no policy in force declares it, so it means nothing until one does');
    gateway.on('POST', '/v1/keys', () => ({ ...view, apiKey: 'the-key' }));
    expect((await runCli(line, gateway)).stderr).not.toContain('no policy in force');
  });

  test('list says who enrolled whom', async () => {
    const gateway = await startFakeGateway();
    gateway.on('GET', '/v1/keys', () => ({
      keys: [view, { ...view, principal: 'ci', person: false, madeByBearer: false }],
    }));
    const { stdout } = await runCli(['keys', 'list'], gateway);
    expect(stdout).toContain(`${keyId}  bob  operator  approvals:vote  ends 2100-01-01`);
    expect(stdout).toContain('enrolled by ann');
    expect(stdout).toContain('ci (service)');
    expect((await runCli(['keys', 'list', '--principal', 'ci'], gateway)).stdout).not.toContain('bob');
  });

  test('revoke takes along what was made with it where told to', async () => {
    const gateway = await startFakeGateway();
    gateway.on('DELETE', `/v1/keys/${keyId}`, () => undefined);
    await runCli(['keys', 'revoke', keyId], gateway);
    await runCli(['keys', 'revoke', keyId, '--with-made'], gateway);
    expect(gateway.requests.map(({ path }) => path)).toEqual([`/v1/keys/${keyId}`, `/v1/keys/${keyId}?withMade=true`]);
  });
});
