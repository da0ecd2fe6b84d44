/**
 * Runs one step of the gate to its end or to its deadline. The step leads its own process group, so that a hung test and
 * everything it started end together, and none outlives the gate; only that group is ever signalled.
 */
import { spawn } from 'node:child_process';

export type Program = {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** milliseconds after which the step and all it started are killed */
  readonly deadlineMs: number;
  /** Given all it wrote once it has ended; for steps that run side by side. @default written as it comes */
  readonly onOutput?: (text: string) => void;
};

/** @returns the exit code; a program that a signal or the deadline ended, or that cannot start, counts as 1 */
export function runProgram({ program, args, folder, deadlineMs, onOutput }: Program): Promise<number> {
  return new Promise((resolve) => {
    const output = onOutput ? 'pipe' : 'inherit';
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', output, output], detached: true });
    const written: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => written.push(part));
    const killGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // ESRCH: the whole group has ended already, which is what is wanted.
      }
    };
    const interrupted = (signal: NodeJS.Signals): void => {
      killGroup();
      process.kill(process.pid, signal);
    };
    const timer = setTimeout(() => {
      console.error(
        `Cannot finish "${program}": still running after ${deadlineMs} ms, expected it to end; it was killed`,
      );
      killGroup();
    }, deadlineMs);
    const end = (code: number): void => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      killGroup();
      onOutput?.(Buffer.concat(written).toString());
      resolve(code);
    };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    child.once('error', (fault) => {
      console.error(`Cannot start "${program}": ${fault.message}, expected it in node_modules/.bin; run npm ci`);
      end(1);
    });
    // What it left running would hold its output open.
    child.once('exit', killGroup);
    child.once('close', (code) => end(code ?? 1));
  });
}
