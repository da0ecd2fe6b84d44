/**
 * The `countersign` program proper, started by bin/countersign.js under Node.js 24. It gives the process to the program and
 * ends with its exit code; the first SIGINT or SIGTERM asks for an orderly end, the second one ends at once.
 */
import { enableCompileCache } from 'node:module';
import { createInterface } from 'node:readline/promises';
import { exitCodes } from './exit-codes.ts';
import { programVersion } from './parts/program-version.ts';
import { runProgram } from './program.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort(signal);
  });
}
// A reader that went away, such as `head`, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed);
});

const exit = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  clock: { now: () => Date.now() },
  version: programVersion,
  stop: stop.signal,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  cacheCode: (folder) => void enableCompileCache(folder),
});
// Whatever is still open (idle connections, a cached client) is nothing to wait for.
process.exit(exit);

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: stop.signal });
  } catch {
    return '';
  } finally {
    lines.close();
  }
}
