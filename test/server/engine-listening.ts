/** Where a process listens: the local IPv4 address of each of its TCP sockets, IPv6 as the kernel writes it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { runProgram } from '../../engine/run-program.ts';

export async function listeningAddressesOf(pid: number): Promise<string[]> {
  return process.platform === 'linux' ? fromProc(pid) : fromLsof(pid);
}

function fromProc(pid: number): string[] {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((name) => targetOf(`/proc/${pid}/fd/${name}`)));
  const listening = '0A';
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === listening && sockets.has(`socket:[${fields[9]}]`))
      .map((fields) => dotted(fields[1]?.split(':')[0] ?? '')),
  );
}

/** The kernel writes IPv4 addresses as one little-endian number: 0100007F is 127.0.0.1. */
function dotted(hex: string): string {
  return hex.length === 8 ? Buffer.from(hex, 'hex').toReversed().join('.') : hex;
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

async function fromLsof(pid: number): Promise<string[]> {
  const parameters = ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-Fn', '-p', String(pid)];
  const { stdout } = await runProgram('lsof', parameters, { timeoutMs: 20_000 });
  return [...stdout.matchAll(/^n(.+):\d+$/gm)].map((match) => match[1] ?? '');
}
