/** Marks of redaction: alike within a run across processes, unlike across runs, and no help to who holds a history. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCheckPoint } from '../../../activities/check-point.ts';
import { guardCall } from '../../../activities/guard-call.ts';
import { createRedact, createSanitiseError, type Redact } from '../../../activities/redact-for-run.ts';
import { defineGuard, guardPoints, redactSecrets } from '../../../guards/index.ts';
import { loadOrCreateMarkKey, readRandomKey } from '../../../keys/index.ts';
import { usualGuardSettings } from '../../../policy/index.ts';
import { made } from '../../support/made-secrets.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mark-key-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Built here, so that no scanner finds a token in this file.
const secrets = Array.from({ length: 40 }, (_, at) => `ghp_${String(at).padStart(4, '0')}${'aB3dE5gH'.repeat(4)}`);
const text = secrets.join('\n');

async function marksOf(key: Uint8Array, run: string): Promise<string> {
  return (await createRedact(key, () => run)(text)).text;
}

describe('marks of redaction', () => {
  test('are alike for a run in two workers that share the key', async () => {
    const state = join(folder, 'shared');
    const [one, other] = [loadOrCreateMarkKey(state), loadOrCreateMarkKey(state)];
    const marks = await marksOf(one, 'run-1');
    expect(await marksOf(other, 'run-1')).toBe(marks);
    expect(marks).toMatch(/^\[secret:github-token:[0-9a-f]{4}\]$/mu);
    expect(new Set(marks.split('\n')).size).toBeGreaterThan(30);
  });

  test('tell nothing across runs', async () => {
    const key = loadOrCreateMarkKey(join(folder, 'runs'));
    expect(await marksOf(key, 'run-1')).not.toBe(await marksOf(key, 'run-2'));
  });

  test('cannot be tried against with what a history holds: neither the run nor the key of another deployment is enough', async () => {
    const marks = await marksOf(loadOrCreateMarkKey(join(folder, 'a')), 'run-1');
    for (const key of [new TextEncoder().encode('run-1'), new Uint8Array(32), loadOrCreateMarkKey(join(folder, 'b'))]) {
      expect(await marksOf(key, 'run-1')).not.toBe(marks);
      expect((await redactSecrets(text, { markKey: key })).text).not.toBe(marks);
    }
  });

  test('one worker serves several runs, each with its own marks', async () => {
    const key = loadOrCreateMarkKey(join(folder, 'several'));
    let run = 'run-1';
    const redact = createRedact(key, () => run);
    const first = (await redact(text)).text;
    run = 'run-2';
    expect((await redact(text)).text).not.toBe(first);
    run = 'run-1';
    expect((await redact(text)).text).toBe(first);
  });
});

test('an error has the marks of its run, without its paths, and one that cannot be redacted so has none of the secret either', async () => {
  const redact = createRedact(new Uint8Array(32).fill(1), () => 'run-1');
  const [secret = ''] = secrets;
  const mark = (await redact(secret)).text;
  const error = new Error(`/srv/cart/settings: token ${secret}`);
  expect(await createSanitiseError(redact)(error)).toBe(`<path>: token ${mark}`);
  const failing = createSanitiseError(() => Promise.reject(new Error(secret)));
  expect(await failing(error)).toBe('<path>: token [secret:github-token]');
});

describe('the key file', () => {
  test('is made for its owner alone and stays', () => {
    const state = join(folder, 'made');
    const key = loadOrCreateMarkKey(state);
    const path = join(state, 'marks.key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Buffer.from(key).toString('hex')).toBe(readFileSync(path, 'utf8').trim());
    expect(loadOrCreateMarkKey(state)).toEqual(key);
  });

  test.each([
    ['something else', 'no key at all'],
    ['half a key', 'ab'.repeat(16)],
    ['nothing', ''],
  ])('that holds %s is refused, never replaced, and not repeated', (_, content) => {
    const path = join(folder, 'bad.key');
    writeFileSync(path, content, { mode: 0o600 });
    chmodSync(path, 0o600);
    expect(() => readRandomKey(path)).toThrowError(/its content is something else, expected 64 hex digits/u);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test('that others may read, or that is a link, is refused', () => {
    const path = join(folder, 'open.key');
    writeFileSync(path, 'ab'.repeat(32));
    chmodSync(path, 0o644);
    expect(() => readRandomKey(path)).toThrowError(/its mode is 0644/u);
    chmodSync(path, 0o600);
    const link = join(folder, 'link.key');
    symlinkSync(path, link);
    expect(() => readRandomKey(link)).toThrowError(/symbolic link/u);
    expect(readRandomKey(path)).toHaveLength(32);
  });
});

describe('what a guard says', () => {
  const tokens = ['one', 'two'].map((seed) => ['ghp', made(36, undefined, seed)].join('_'));
  const [one = '', two = ''] = tokens;
  const telling = defineGuard({
    id: 'telling',
    at: guardPoints,
    check: () => [{ guard: 'telling', rule: 'r', severity: 'low', message: `found ${one}`, remedy: `not ${two}` }],
  });
  const of = async (redact?: Redact) => [
    ...(await createCheckPoint([telling], redact)('afterModel', { text: 'x' }, usualGuardSettings)).findings,
    ...(await guardCall([telling], 'x', undefined, usualGuardSettings, redact)),
  ];

  test('has the marks of the run, another one for each secret', async () => {
    const redact = createRedact(new Uint8Array(32).fill(1), () => 'run-1');
    const [message, remedy] = [(await redact(`found ${one}`)).text, (await redact(`not ${two}`)).text];
    expect(message.slice(-6)).not.toBe(remedy.slice(-6));
    const said = { guard: 'telling', rule: 'r', severity: 'low', message, remedy };
    expect(await of(redact)).toEqual([said, said]);
  });

  test('has marks that tell no secrets apart where there is no key', async () => {
    for (const { message, remedy } of await of())
      expect([message, remedy]).toEqual(['found [secret:github-token]', 'not [secret:github-token]']);
  });

  test('is not said where its secrets cannot be taken out: the guard fails', async () => {
    const [point, call] = await of(() => Promise.reject(new Error(one)));
    expect(JSON.stringify([point, call])).not.toContain(one);
    expect([point, call]).toMatchObject([{ rule: 'guard-failed' }, { rule: 'guard-failed' }]);
  });
});
