import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { processIsAlive } from '../../../engine/process-identity.ts';
import { runProgram } from '../../../engine/run-program.ts';
import { spawnWithParent } from '../../../engine/spawn-with-parent.ts';

const forever = 'setInterval(() => {}, 1000);';

async function spawnNode(script: string, printed: Buffer[] = []) {
  return spawnWithParent(process.execPath, ['--eval', script], (chunk) => void printed.push(chunk));
}

describe('spawnWithParent', () => {
  test('ends the program when its owner is killed', async () => {
    const path = fileURLToPath(new URL('./quiet-owner.ts', import.meta.url));
    const owner = spawn(process.execPath, ['--no-warnings', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(processIsAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await vi.waitFor(() => expect(processIsAlive(pid)).toBe(false), { timeout: 10_000 });
  });

  test('ends the program when the shell beside it is killed', async () => {
    const program = await spawnNode(forever);
    const { stdout } = await runProgram(
      '/bin/sh',
      ['-c', `cut -d ' ' -f 4 /proc/${program.pid}/stat || ps -o ppid= -p ${program.pid}`],
      {
        timeoutMs: 10_000,
      },
    );
    const shell = Number(stdout.trim());
    expect(shell).not.toBe(process.pid);
    process.kill(shell, 'SIGKILL');
    await program.exited;
    // Its pipes are closed a moment before the kernel has ended it.
    await vi.waitFor(() => expect(processIsAlive(program.pid)).toBe(false), { timeout: 10_000 });
  });

  test('gives back what the program printed and how it ended', async () => {
    const printed: Buffer[] = [];
    const program = await spawnNode("console.log('out'); console.error('error'); process.exitCode = 9;", printed);
    expect(await program.exited).toBe(9);
    expect(Buffer.concat(printed).toString().split('\n').toSorted()).toEqual(['', 'error', 'out']);
  });

  test('names a user where the environment names none, as for a user id without a name', async () => {
    vi.stubEnv('USER', undefined);
    const printed: Buffer[] = [];
    const program = await spawnNode('console.log(process.env.USER)', printed);
    await program.exited;
    expect(Buffer.concat(printed).toString().trim()).toBe('countersign');
  });

  test('reports a program that is not there as ended', async () => {
    const printed: Buffer[] = [];
    const program = await spawnWithParent('/nowhere/temporal', [], (chunk) => void printed.push(chunk));
    expect(await program.exited).toBe(127);
    expect(Buffer.concat(printed).toString()).toContain('/nowhere/temporal');
  });

  test('stops a program in its own way, and again without harm', async () => {
    const program = await spawnNode(`process.on('SIGTERM', () => process.exit(3)); ${forever} console.log(1);`);
    await program.stop(60_000);
    await program.stop(60_000);
    expect([3, 143]).toContain(await program.exited);
  });

  test('kills a program that does not stop within the grace', async () => {
    const ready = Promise.withResolvers<void>();
    const script = `process.on('SIGTERM', () => {}); ${forever} console.log('ready');`;
    const program = await spawnWithParent(process.execPath, ['--eval', script], () => ready.resolve());
    await ready.promise;
    await program.stop(1);
    expect(await program.exited).toBe(137);
    expect(processIsAlive(program.pid)).toBe(false);
  });
});
