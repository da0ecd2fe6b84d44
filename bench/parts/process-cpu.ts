/**
 * CPU time that processes took, user and system together, in milliseconds. Of this process by Node, of another one from
 * `/proc`, which only Linux has. A figure that cannot be had is undefined, never zero.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** With all its threads; undefined without `/proc` or when the process is gone. */
export function cpuMsOf(pid: number): number | undefined {
  const ticks = ticksOf(pid);
  return ticks === undefined ? undefined : (ticks * 1000) / ticksPerSecond();
}

function ticksOf(pid: number): number | undefined {
  const text = readOrUndefined(`/proc/${pid}/stat`);
  // The program's name stands in brackets and may hold spaces; the fields after it do not.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  // proc(5): utime and stime are fields 14 and 15, of which two stand before the name's end.
  return fields === undefined ? undefined : Number(fields[11]) + Number(fields[12]);
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticks;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
