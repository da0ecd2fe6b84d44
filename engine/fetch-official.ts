/**
 * Fetches the Temporal CLI from where Temporal's own SDK downloads it. The SDK's native core does the work in a child
 * process: that bounds it in time, and keeps the core's threads and sockets out of this process.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CliFetcher, type FetchRequest, withStallLimit } from './fetch-cli.ts';
import { runProgram } from './run-program.ts';

const limits = { stallMs: 10_000, totalMs: 900_000 };
const source = fileURLToPath(new URL('./fetch-official-child.ts', import.meta.url));
const child = import.meta.url.endsWith('.ts') ? source : source.replace(/\.ts$/, '.js');

export const officialFetcher: CliFetcher = {
  kind: 'official-download',
  name: 'official download',
  fetch: fetchOfficial,
};

async function fetchOfficial(request: FetchRequest): Promise<string> {
  const output = await withStallLimit(request, limits, (signal) =>
    runProgram(process.execPath, ['--no-warnings', child, request.folder, request.version], {
      timeoutMs: limits.totalMs,
      environment: request.environment,
      signal,
    }),
  );
  const program = (await readdir(request.folder)).find((name) => name === `temporal-v${request.version}`);
  if (program === undefined) throw new Error(output.stdout.trim() || 'it ended without a file');
  return join(request.folder, program);
}
