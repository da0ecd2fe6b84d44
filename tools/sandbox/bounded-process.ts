/**
 * Starts one program in its own session with bounded time and output, and ends its whole process group at a bound.
 * Promises: standard input, output and error are pipes; descriptor 3 brings one status line; descriptor 4 is a
 * lifeline that closes when this process dies.
 * Never: passes on an environment variable that was not given, or waits after a kill for anything but the pipes' end.
 */
import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { Readable, Writable } from 'node:stream';
import type { SandboxOutput } from './sandbox.ts';

export type BoundedProcess = {
  argv: readonly [string, ...string[]];
  stdin: string;
  environment: Record<string, string>;
  timeoutMs: number;
  maxOutputBytes: number;
  signal: AbortSignal | undefined;
};

export type BoundedEnding =
  | ({ kind: 'exited' | 'timed-out' | 'aborted' | 'output-limit'; exitCode: number; status: string } & SandboxOutput)
  | { kind: 'not-started'; fault: string };

const maxStatusBytes = 4096;

/** Runs the program to its end. Resolves always; a program that cannot be started gives `not-started`. */
export function runBounded(process_: BoundedProcess): Promise<BoundedEnding> {
  const startedAt = performance.now();
  const [program, ...args] = process_.argv;
  return new Promise((resolve) => {
    let ended: 'timed-out' | 'aborted' | 'output-limit' | undefined;
    let room = process_.maxOutputBytes;
    let child: ReturnType<typeof spawn>;
    try {
      child = spawn(program, args, {
        cwd: '/',
        env: process_.environment,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      });
    } catch (fault) {
      resolve({ kind: 'not-started', fault: describeFault(fault) });
      return;
    }
    const end = (why: NonNullable<typeof ended>): void => {
      if (ended !== undefined || child.exitCode !== null || child.signalCode !== null) return;
      ended = why;
      killGroup(child.pid);
    };
    const collect = (stream: Readable | null): (() => string) => {
      const kept: Buffer[] = [];
      stream?.on('error', () => {});
      stream?.on('data', (chunk: Buffer) => {
        if (chunk.length > room) {
          if (room > 0) kept.push(Buffer.from(chunk.subarray(0, room)));
          room = -1;
          end('output-limit');
        } else if (room >= 0) {
          kept.push(chunk);
          room -= chunk.length;
        }
      });
      return () => {
        const decoder = new StringDecoder('utf8');
        const text = decoder.write(Buffer.concat(kept));
        // Half a character at the end is our cut, or else the program's own and to be seen.
        return room < 0 ? text : text + decoder.end();
      };
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let status = '';
    (child.stdio[3] as Readable | null)
      ?.on('error', () => {})
      .on('data', (chunk: Buffer) => {
        if (status.length < maxStatusBytes) status += chunk.toString('latin1');
      });
    (child.stdio[4] as Writable | null)?.on('error', () => {});
    child.stdin?.on('error', () => {});
    child.stdin?.end(process_.stdin);

    const timer = setTimeout(() => end('timed-out'), process_.timeoutMs);
    const onAbort = (): void => end('aborted');
    process_.signal?.addEventListener('abort', onAbort, { once: true });
    if (process_.signal?.aborted === true) onAbort();
    const settle = (ending: BoundedEnding): void => {
      clearTimeout(timer);
      process_.signal?.removeEventListener('abort', onAbort);
      resolve(ending);
    };
    child.once('error', (fault) => {
      if (child.pid === undefined) settle({ kind: 'not-started', fault: describeFault(fault) });
    });
    child.once('exit', () => (child.stdio[4] as Writable | null)?.destroy());
    child.once('close', (code) => {
      const kind = ended ?? (room < 0 ? 'output-limit' : 'exited');
      const durationMs = Math.round(performance.now() - startedAt);
      settle({
        kind,
        exitCode: code ?? 137,
        status,
        stdout: stdout(),
        stderr: stderr(),
        truncated: room < 0,
        durationMs,
      });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone: the close event tells the rest.
  }
}

function describeFault(fault: unknown): string {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown';
  return `the program could not be started (${code})`;
}
