/**
 * Whether a recorded process is still that process. A process id alone is not enough: it is reused after a restart of
 * the machine, so the start time the kernel keeps is recorded beside it.
 */
import { readFileSync } from 'node:fs';
import { runProgram } from './run-program.ts';

/** True also for a process of another user, which may not be signalled; false for one that has ended unreaped. */
export function processIsAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return linuxStat(pid)?.state !== 'Z';
}

/** An opaque text that no later process with the same id shares, or undefined when there is no such process. */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!processIsAlive(pid)) return undefined;
  if (process.platform === 'linux') return linuxStat(pid)?.identity;
  try {
    const { stdout } = await runProgram('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5_000 });
    return stdout.trim() === '' ? undefined : stdout.trim();
  } catch {
    return undefined;
  }
}

/** The program's name stands in parentheses and may itself hold spaces and parentheses: count from the last one. */
function linuxStat(pid: number): { state: string; identity: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { state: fields[0] ?? '?', identity: `${boot}/${fields[19] ?? ''}` };
  } catch {
    return undefined;
  }
}
