/**
 * The `countersign` program proper, started by bin/countersign.js under Node.js 24. It gives the process to the program and
 * ends with its exit code; the first SIGINT or SIGTERM asks for an orderly end, the second one ends at once.
 */
import { enableCompileCache } from 'node:module';
import { codeCacheOf } from './code-cache.ts';
import type { CountersignError } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';
import { endOfOutput, watchOutput } from './lost-output.ts';
import { programVersion } from './parts/program-version.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => askToStop(signal));
// A command that goes on (it watches, or reads more lines) has nobody to tell.
const output = watchOutput(process.stdout, () => stop.abort('output'));
// Nobody reads the talk any more; the result still counts.
process.stderr.on('error', () => undefined);

const argv = process.argv.slice(2);
const codeCache = codeCacheOf(argv, process.env);
if (codeCache !== undefined) enableCompileCache(codeCache);
// Only now, so that it comes from the cache.
const { runProgram } = await import('./program.ts');
const { reportError } = await import('./report-error.ts');
const { createTerminal } = await import('./terminal.ts');
const { pause } = await import('./look-again.ts');
const exit = await runProgram(argv, {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  clock: { now: () => Date.now() },
  version: programVersion,
  stop: stop.signal,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  pause,
  // Not opened before somebody reads it.
  stdin: { [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> },
  cacheCode: (folder) => void enableCompileCache(folder),
});
const end = endOfOutput(exit, await output.flushed());
// Whatever is still open (idle connections, a cached client) is nothing to wait for.
process.exit(end.kind === 'exit' ? end.exit : sayFailed(end.error));

/** On standard error, also under `--json`. */
function sayFailed(error: CountersignError): number {
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
  return reportError(error, { terminal, json: false, debug: false });
}

function askToStop(signal: 'SIGINT' | 'SIGTERM'): void {
  if (stop.signal.aborted) process.exit(exitCodes.interrupted);
  stop.abort(signal);
}

async function ask(question: string): Promise<string> {
  const { stdin: input, stderr: output } = process;
  const { askAtTerminal } = await import('./ask-at-terminal.ts');
  return await askAtTerminal({ input, output, stop: stop.signal, onInterrupt: () => askToStop('SIGINT') }, question);
}
