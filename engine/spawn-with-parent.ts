/**
 * Starts a program that ends with this process, even when this process is killed with SIGKILL and can do nothing more.
 * A shell beside the program waits on a pipe that only this process holds: the kernel closes it with the process, and
 * the shell kills the program. No supervisor of ours has to stay healthy, and killing that shell ends the program too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { CountersignError } from '../core/errors.ts';

export interface SupervisedProcess {
  readonly pid: number;
  /** Resolves with the exit code (128 + signal number for a signal) once the program and its supervisor are gone. */
  readonly exited: Promise<number>;
  /** SIGTERM, then SIGKILL after the grace. Resolves when it has ended; may be called again. */
  stop(graceMs: number): Promise<void>;
}

/*
 * fd 0: the pipe of life. fd 3: reports the program's process id. The watcher and the program get neither more than they
 * need: an inherited descriptor would keep a pipe open. umask: the database is for its owner.
 */
const supervisor = `
umask 077
exec 4<&0
"$@" </dev/null 3>&- 4<&- &
program=$!
( cat <&4; kill -KILL "$program" ) >/dev/null 2>&1 3>&- &
watcher=$!
exec 4<&-
echo "$program" >&3
exec 3>&-
wait "$program"
code=$?
kill -KILL "$watcher" 2>/dev/null
exit "$code"
`;

/**
 * @param onOutput told what the program prints on stdout and stderr
 * @throws CountersignError `engine-unavailable` when no process could be started
 */
export async function spawnWithParent(
  file: string,
  parameters: readonly string[],
  onOutput: (chunk: Buffer) => void,
): Promise<SupervisedProcess> {
  // A session of its own: Ctrl-C at the terminal reaches our process, which then ends the program in its own order.
  const shell = spawn('/bin/sh', ['-c', supervisor, 'countersign-engine', file, ...parameters], {
    detached: true,
    // The Temporal CLI does not start for a user id without a name (a container's) unless USER says one.
    env: { ...process.env, USER: process.env.USER || 'countersign' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  shell.stdout.on('data', onOutput);
  shell.stderr.on('data', onOutput);
  shell.stdin.on('error', () => undefined);
  const exited = endOf(shell);
  const pid = await reportedPid(shell);
  return {
    pid,
    exited,
    async stop(graceMs) {
      const kill = setTimeout(() => void shell.stdin.destroy(), graceMs);
      // Once the shell is gone its program is too, and the process id may be another's.
      if (shell.exitCode === null && shell.signalCode === null) signalQuietly(pid, 'SIGTERM');
      await exited;
      clearTimeout(kill);
    },
  };
}

/**
 * The shell outlives the program. Where the shell itself was killed, closing the pipe makes the watcher end the program;
 * `close` comes only after everything that could still print is gone.
 */
async function endOf(shell: ChildProcess): Promise<number> {
  return new Promise<number>((resolve) => {
    shell.once('error', () => resolve(127));
    shell.once('exit', () => void shell.stdin?.destroy());
    shell.once('close', (status: number | null) => resolve(status ?? 137));
  });
}

async function reportedPid(shell: ChildProcess): Promise<number> {
  let text = '';
  const report = shell.stdio[3] as Readable;
  report.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  await Promise.race([once(report, 'close'), once(shell, 'error')]).catch(() => undefined);
  const pid = Number(text.trim());
  if (Number.isSafeInteger(pid) && pid > 0) return pid;
  throw new CountersignError('engine-unavailable', 'Cannot start the engine: /bin/sh gave no process id, expected one');
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in this very moment, which is what was wanted.
  }
}
