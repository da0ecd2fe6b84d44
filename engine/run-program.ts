/**
 * Runs a small program to its end within a time limit, never through a shell, and returns what it printed.
 * Not for servers: output is kept in memory and cut at 1 MiB.
 */
import { execFile } from 'node:child_process';

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunProgramOptions {
  readonly timeoutMs: number;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws Error whose message is the program's last line of output, or why it could not be started */
export async function runProgram(
  file: string,
  parameters: readonly string[],
  options: RunProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    execFile(
      file,
      parameters,
      {
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 1024 * 1024,
        env: options.environment ?? process.env,
        signal: options.signal,
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ stdout, stderr });
        reject(new Error(reasonOf(error, `${stdout}\n${stderr}`, options), { cause: error }));
      },
    );
  });
}

function reasonOf(
  error: Error & { code?: unknown; killed?: boolean },
  output: string,
  options: RunProgramOptions,
): string {
  if (options.signal?.aborted === true)
    return String(options.signal.reason instanceof Error ? options.signal.reason.message : 'aborted');
  if (error.killed === true) return `no end within ${options.timeoutMs} ms`;
  if (error.code === 'ENOENT') return 'no such program';
  if (error.code === 'EACCES') return 'not executable';
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? `ended with ${String(error.code)}`;
}
