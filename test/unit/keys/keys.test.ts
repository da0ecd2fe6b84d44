/** Keys on disk: made once, whole, private; anything that others could have touched is refused. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { domains, signedSchema } from '../../../core/contracts/envelope.ts';
import { type Opened, openEnvelope, sealEnvelope } from '../../../core/envelope.ts';
import { CountersignError } from '../../../core/errors.ts';
import {
  type KeySet,
  kidOf,
  loadKeysFromEnvironment,
  loadOrCreateKeys,
  readRegistry,
  registryPath,
  revokeKey,
  rotateKey,
  verifySignature,
} from '../../../keys/index.ts';

const clock = { now: () => 1_800_000_000_000 };
const voteSchema = signedSchema('vote', z.strictObject({ text: z.string() }));
let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  folder = join(parent, 'keys');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const load = (...wanted: (typeof domains)[number][]) => loadOrCreateKeys({ folder, domains: wanted, clock });
const signVote = (keys: KeySet) =>
  sealEnvelope(keys.signer('vote'), 'vote', 'test', { text: 'yes' }, { issuedAt: clock.now() });
const open = (keys: KeySet, value: unknown, now: number | null = clock.now()): Opened<unknown> =>
  openEnvelope(value, { schema: voteSchema, audience: 'test', registry: keys.registry, now });

async function failure(work: Promise<unknown> | (() => unknown)): Promise<CountersignError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('loadOrCreateKeys', () => {
  test('makes a private folder, private key files and a registry on the first start', async () => {
    await load(...domains);
    expect(mode(folder)).toBe('700');
    for (const domain of domains) expect(mode(join(folder, `${domain}.key`))).toBe('600');
    const registered = readRegistry(registryPath(folder));
    expect(registered.map((key) => key.domain)).toEqual([...domains]);
    for (const key of registered) expect(key.kid).toBe(kidOf(key.domain, key.publicKey));
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('loads the same keys on the second start', async () => {
    const first = await load('vote');
    const second = await load('vote');
    expect(second.signer('vote').kid).toBe(first.signer('vote').kid);
    expect(open(second, signVote(first)).kind).toBe('opened');
  });

  test('makes and holds only the keys of the domains it was given', async () => {
    await load('vote');
    const keys = await load('ticket');
    expect(readdirSync(folder).sort()).toEqual(['.lock', 'registry.json', 'ticket.key', 'vote.key']);
    expect((await failure(() => keys.signer('vote'))).code).toBe('key-unavailable');
    expect((await failure(() => keys.signer('decision'))).code).toBe('key-unavailable');
  });

  test('does not read the key of another domain, even a broken one', async () => {
    await load('vote', 'ticket');
    writeFileSync(join(folder, 'vote.key'), 'broken');
    await expect(load('ticket')).resolves.toBeDefined();
  });

  test('gives every process the same keys when several start at once', async () => {
    const module = new URL('../../../keys/index.ts', import.meta.url).href;
    const script = `
      const { loadOrCreateKeys } = await import(${JSON.stringify(module)});
      const domains = ${JSON.stringify(domains)};
      const keys = await loadOrCreateKeys({ folder: ${JSON.stringify(folder)}, domains, clock: { now: () => 1800000000000 } });
      console.log(domains.map((domain) => keys.signer(domain).kid).join());`;
    const starts = Array.from({ length: 5 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
    );
    const kids = (await Promise.all(starts)).map(({ stdout }) => stdout.trim());
    expect(new Set(kids).size).toBe(1);
    expect(readRegistry(registryPath(folder)).length).toBe(domains.length);
  });

  test('gives the same keys when several calls start at once in one process', async () => {
    const sets = await Promise.all(Array.from({ length: 8 }, () => load('vote', 'receipt')));
    expect(new Set(sets.map((set) => set.signer('vote').kid)).size).toBe(1);
  });

  test('removes what a process killed while writing left behind', async () => {
    await load('vote');
    const leftover = `.${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}.tmp`;
    writeFileSync(join(folder, leftover), '', { mode: 0o600 });
    await load('ticket');
    expect(readdirSync(folder)).not.toContain(leftover);
  });

  test.each([0o640, 0o604, 0o620, 0o610, 0o601])('refuses a key file of mode %o', async (bits) => {
    await load('vote');
    chmodSync(join(folder, 'vote.key'), bits);
    const error = await failure(load('vote'));
    expect(error.code).toBe('key-unavailable');
    expect(error.message).toContain(`mode is 0${bits.toString(8)}`);
  });

  test('refuses a key folder that others may enter', async () => {
    await load('vote');
    chmodSync(folder, 0o750);
    expect((await failure(load('vote'))).message).toContain('mode is 0750');
  });

  test('refuses a key folder that is a symbolic link', async () => {
    await load('vote');
    renameSync(folder, join(parent, 'elsewhere'));
    symlinkSync(join(parent, 'elsewhere'), folder);
    expect((await failure(load('vote'))).code).toBe('key-unavailable');
  });

  test('refuses a key file that is a symbolic link', async () => {
    await load('vote');
    renameSync(join(folder, 'vote.key'), join(parent, 'vote.key'));
    symlinkSync(join(parent, 'vote.key'), join(folder, 'vote.key'));
    expect((await failure(load('vote'))).message).toContain('symbolic link');
  });

  test('refuses, and does not replace, a key file that is a dangling symbolic link', async () => {
    await load('ticket');
    symlinkSync(join(parent, 'nothing'), join(folder, 'vote.key'));
    expect((await failure(load('vote'))).message).toContain('symbolic link');
  });

  test('refuses a private key that the registry does not know', async () => {
    await load('vote');
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(folder, 'vote.key'), pem);
    expect((await failure(load('vote'))).message).toContain('does not know');
  });

  test('refuses the private key of another domain in a domain’s place', async () => {
    await load('vote', 'decision');
    rmSync(join(folder, 'decision.key'));
    linkSync(join(folder, 'vote.key'), join(folder, 'decision.key'));
    expect((await failure(load('decision'))).message).toContain('does not know');
  });

  test('refuses to start over when the registry is gone and keys are there', async () => {
    await load('vote');
    rmSync(registryPath(folder));
    expect((await failure(load('vote'))).code).toBe('key-unavailable');
    expect((await failure(load('ticket'))).code).toBe('key-unavailable');
    expect(readdirSync(folder)).not.toContain('ticket.key');
  });

  test.each([
    ['another kind of key', () => generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['a public key', () => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })],
    ['nothing', () => ''],
  ])('refuses a key file that holds %s', async (_name, content) => {
    await load('vote');
    writeFileSync(join(folder, 'vote.key'), content());
    expect((await failure(load('vote'))).code).toBe('key-unavailable');
  });

  test('says nothing of a broken key file’s content', async () => {
    await load('vote');
    const path = join(folder, 'vote.key');
    const body = readFileSync(path, 'utf8').split('\n')[1] ?? '';
    writeFileSync(path, readFileSync(path, 'utf8').replace(body, body.slice(0, -9)));
    const error = await failure(load('vote'));
    const everything = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
    expect(everything).not.toContain(body.slice(0, 12));
    expect(everything).not.toContain(body.slice(-24, -9));
  });
});

describe('key registry', () => {
  test('a revocation takes effect on the next check', async () => {
    const keys = await load('vote');
    const vote = signVote(keys);
    expect(open(keys, vote).kind).toBe('opened');
    await revokeKey({ registryFile: registryPath(folder), kid: vote.kid, clock });
    expect(open(keys, vote)).toEqual({ kind: 'rejected', failure: 'key-revoked' });
    expect((await failure(() => keys.signer('vote'))).message).toContain('revoked');
  });

  test('a revocation is never taken back and keeps its first time', async () => {
    const keys = await load('vote');
    const { kid } = keys.signer('vote');
    await revokeKey({ registryFile: registryPath(folder), kid, clock });
    await revokeKey({ registryFile: registryPath(folder), kid, clock: { now: () => clock.now() + 5 } });
    expect(readRegistry(registryPath(folder))[0]?.revokedAt).toBe(clock.now());
    expect((await failure(load('vote'))).code).toBe('key-unavailable');
  });

  test('revoking an unknown key is refused', async () => {
    await load('vote');
    const error = await failure(
      revokeKey({ registryFile: registryPath(folder), kid: `vote-${'0'.repeat(16)}`, clock }),
    );
    expect(error.code).toBe('not-found');
  });

  test.each([
    ['empty file', () => ''],
    ['empty list', () => '[]'],
    ['cut file', (text: string) => text.slice(0, -9)],
    ['duplicate JSON key', (text: string) => text.replace('"kid":', '"kid":"x","kid":')],
    ['unknown JSON key', (text: string) => text.replace('"kid":', '"more":1,"kid":')],
    ['same key twice', (text: string) => text.replace(/\[\n(.*)\n/s, '[\n$1,\n$1\n')],
    ['key named after another', (text: string) => text.replace(/vote-[0-9a-f]{16}/, `vote-${'0'.repeat(16)}`)],
    ['key moved to another domain', (text: string) => text.replace('"domain":"vote"', '"domain":"ticket"')],
  ])('a registry with %s is a fault on the next check, never an empty one', async (_name, change) => {
    const keys = await load('vote');
    const vote = signVote(keys);
    const path = registryPath(folder);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect((await failure(() => open(keys, vote))).code).toBe('key-unavailable');
    expect((await failure(load('vote'))).code).toBe('key-unavailable');
  });

  test('one public key may not serve two domains', async () => {
    await load('vote');
    const path = registryPath(folder);
    const [key] = readRegistry(path);
    const twin = { ...key!, domain: 'ticket' as const, kid: kidOf('ticket', key!.publicKey) };
    writeFileSync(path, JSON.stringify([key, twin]));
    expect((await failure(() => readRegistry(path))).message).toContain('twice');
  });

  test('a registry that vanished is a fault on the next check', async () => {
    const keys = await load('vote');
    const vote = signVote(keys);
    rmSync(registryPath(folder));
    expect((await failure(() => open(keys, vote))).code).toBe('key-unavailable');
  });

  test('a registry that others may write is refused', async () => {
    await load('vote');
    chmodSync(registryPath(folder), 0o666);
    expect((await failure(load('vote'))).message).toContain('may write');
  });
});

describe('rotateKey', () => {
  test('gives the next start a new key while old signatures stay valid', async () => {
    const before = await load('vote');
    const vote = signVote(before);
    const kid = await rotateKey({ folder, domain: 'vote', clock, overlapMs: 1000 });
    const after = await load('vote');
    expect(after.signer('vote').kid).toBe(kid);
    expect(kid).not.toBe(vote.kid);
    expect(open(after, vote).kind).toBe('opened');
    expect(open(after, signVote(after)).kind).toBe('opened');
  });

  test('ends the old key’s time after the overlap', async () => {
    const before = await load('vote');
    await rotateKey({ folder, domain: 'vote', clock, overlapMs: 1000 });
    const late = sealEnvelope(before.signer('vote'), 'vote', 'test', { text: 'yes' }, { issuedAt: clock.now() + 1001 });
    expect(open(before, late)).toEqual({ kind: 'rejected', failure: 'key-not-valid-then' });
  });
});

describe('loadKeysFromEnvironment', () => {
  const environment = () => ({
    COUNTERSIGN_KEY_REGISTRY_FILE: registryPath(folder),
    COUNTERSIGN_KEY_VOTE_FILE: join(folder, 'vote.key'),
    COUNTERSIGN_KEY_TICKET_FILE: join(folder, 'ticket.key'),
  });

  test('loads the named files and no key of a domain it was not given', async () => {
    const made = await load('vote', 'ticket');
    const keys = await loadKeysFromEnvironment(environment(), { domains: ['vote'], clock });
    expect(keys.signer('vote').kid).toBe(made.signer('vote').kid);
    expect((await failure(() => keys.signer('ticket'))).code).toBe('key-unavailable');
  });

  test.each(['COUNTERSIGN_KEY_REGISTRY_FILE', 'COUNTERSIGN_KEY_VOTE_FILE'])(
    'names %s when it is missing',
    async (name) => {
      await load('vote');
      const error = await failure(
        loadKeysFromEnvironment({ ...environment(), [name]: '' }, { domains: ['vote'], clock }),
      );
      expect(error.code).toBe('config-invalid');
      expect(error.message).toContain(name);
    },
  );

  test('makes nothing where a file is missing', async () => {
    await load('vote');
    const error = await failure(loadKeysFromEnvironment(environment(), { domains: ['ticket'], clock }));
    expect(error.code).toBe('key-unavailable');
    expect(readdirSync(folder)).not.toContain('ticket.key');
  });
});

describe('verifySignature', () => {
  test('refuses a signature in a second spelling of the same bytes', async () => {
    const keys = await load('vote');
    const [key] = readRegistry(registryPath(folder));
    const bytes = new TextEncoder().encode('text');
    const signature = keys.signer('vote').sign(bytes);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(signature.at(-1) ?? '');
    const respelled = signature.slice(0, -1) + alphabet[last + 1];
    expect(Buffer.from(respelled, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    expect(verifySignature(key!.publicKey, bytes, signature)).toBe(true);
    expect(verifySignature(key!.publicKey, bytes, respelled)).toBe(false);
  });

  test.each(['', '=', 'A'.repeat(86), `${'A'.repeat(85)}!`])('is false for the text %j', async (text) => {
    await load('vote');
    const [key] = readRegistry(registryPath(folder));
    expect(verifySignature(key!.publicKey, new Uint8Array(3), text)).toBe(false);
    expect(verifySignature(text, new Uint8Array(3), 'A'.repeat(86))).toBe(false);
  });
});
