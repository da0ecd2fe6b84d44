/**
 * What every sandbox must end, bound or refuse, as tests over a caller.
 * Never: waits by sleeping. That a process is dead shows by the end of a FIFO whose last writer it was.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, createReadStream, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SandboxCommand } from '../../tools/sandbox/sandbox.ts';
import { startHelper, type Caller } from './callers.ts';
import { sandboxFixture } from './fixture.ts';

export function describeBounds(name: string, caller: Caller): void {
  describe(name, () => {
    const fixture = sandboxFixture(caller);
    const { command, output, packWithState, shell } = fixture;

    test('there is no terminal to type into', async () => {
      expect(
        await output(
          '(: </dev/tty) 2>/dev/null && echo tty; ls /dev/pts /dev/ptmx /dev/console 2>/dev/null; cut -d" " -f7 /proc/self/stat',
        ),
      ).toBe('0\n');
      expect(await output('ls /dev | tr "\\n" " "')).toBe('fd full null random shm stderr stdin stdout urandom zero ');
    });

    /** Starts a command whose grandchild, in a session of its own, holds a FIFO open; resolves `dead` at its last writer's end. */
    const withGrandchild = (): { text: string; alive: Promise<void>; dead: Promise<void> } => {
      const fifo = join(fixture.workFolder, 'life');
      execFileSync('mkfifo', [fifo]);
      caller.own(fixture.workFolder);
      const stream = createReadStream(fifo);
      const alive = new Promise<void>((resolve) => stream.once('data', () => resolve()));
      const dead = new Promise<void>((resolve) => stream.once('close', () => resolve()));
      stream.resume();
      const text =
        '(setsid sh -c "trap : TERM HUP INT; exec >life; echo alive; : >up; while :; do sleep 60; done" </dev/null 2>/dev/null &) ; while :; do sleep 60; done';
      return { text, alive, dead };
    };

    test('a time-out ends grandchildren in sessions of their own', async () => {
      const { text, alive, dead } = withGrandchild();
      const result = shell(text, { timeoutMs: 2_000 });
      await alive;
      expect(await result).toMatchObject({ kind: 'timed-out' });
      await dead;
    });

    test('an abort ends grandchildren in sessions of their own', async () => {
      const { text, alive, dead } = withGrandchild();
      const abort = new AbortController();
      const result = shell(text, { signal: abort.signal });
      await alive;
      abort.abort();
      expect(await result).toMatchObject({ kind: 'aborted' });
      await dead;
    });

    test('the end of the command ends what it left behind', async () => {
      const { text, alive, dead } = withGrandchild();
      const result = shell(`${text.split(' ; ')[0]}; until [ -e up ]; do :; done`);
      await alive.then(async () => await dead);
      expect(await result).toMatchObject({ kind: 'exited', exitCode: 0 });
    });

    test('a kill -9 of the caller ends the command and its grandchildren', async () => {
      const { text, alive, dead } = withGrandchild();
      const helper = startHelper(caller.helperUid);
      const ended = new Promise((resolve) => helper.once('exit', resolve));
      helper.send({ command: command(text), options: {} });
      await alive;
      helper.kill('SIGKILL');
      await ended;
      await expect(dead).resolves.toBeUndefined();
    });

    test('output beyond the bound ends the command and is cut', async () => {
      const result = await shell('yes ä; echo late >late', { maxOutputBytes: 5_000 });
      expect(result).toMatchObject({ kind: 'output-limit', truncated: true });
      expect(result.kind === 'output-limit' && Buffer.byteLength(result.stdout)).toBeGreaterThan(4_990);
      expect(result.kind === 'output-limit' && Buffer.byteLength(result.stdout + result.stderr)).toBeLessThanOrEqual(
        5_000,
      );
      expect(existsSync(join(fixture.workFolder, 'late'))).toBe(false);
    });

    test('a fork bomb stays below the bound on processes', async () => {
      const fork =
        "const {spawn}=require('node:child_process');let n=0;const next=()=>{if(n===200){console.log('all');process.exit()}const c=spawn('sleep',['1000']);c.on('spawn',()=>{n+=1;next()});c.on('error',()=>{console.log(n);process.exit()})};next()";
      const result = await caller.run(
        command('', { argv: [process.execPath, '-e', fork], readOnlyPaths: [dirname(process.execPath)] }),
        { limits: { processes: 40 } },
      );
      expect(result.kind).toBe('exited');
      expect(Number(result.kind === 'exited' && result.stdout)).toBeLessThan(40);
      expect(await shell('b() { b | b & }; b; while :; do sleep 60; done', { timeoutMs: 1_500 })).toMatchObject({
        kind: expect.stringMatching(/timed-out|output-limit|exited/u) as string,
      });
    });

    test('a file grows no larger than its bound', async () => {
      const result = await caller.run(command('head -c 3000000 /dev/zero >big 2>/dev/null; stat -c %s big'), {
        limits: { fileBytes: 1_000_000 },
      });
      expect(result).toMatchObject({ kind: 'exited', stdout: '1000000\n' });
    });

    test('descriptors that the caller inherited are closed', async () => {
      const { key } = packWithState();
      const descriptor = openSync(key, 'r');
      const helper = startHelper(caller.helperUid, [
        descriptor,
        descriptor,
        descriptor,
        descriptor,
        descriptor,
        descriptor,
        descriptor,
        descriptor,
      ]);
      closeSync(descriptor);
      helper.send({
        command: command(
          'cat /proc/self/fd/[3-9] /proc/self/fd/1[0-9] 2>/dev/null; cat <&4 2>/dev/null; ls /proc/$$/fd',
        ),
        options: {},
      });
      const result = await new Promise((resolve) => helper.once('message', resolve));
      helper.disconnect();
      expect(result).toMatchObject({ kind: 'exited', stdout: '0\n1\n2\n' });
    });

    test('a private work folder inside the state folder is shown while the state is not', async () => {
      const { pack, state, key } = packWithState();
      fixture.workFolder = join(state, 'work', 'run-1');
      mkdirSync(fixture.workFolder, { recursive: true, mode: 0o700 });
      caller.own(fixture.base);
      expect(
        await output(`echo ok >file; cat file; cat '${key}' 2>/dev/null; ls -A '${state}'`, {
          readOnlyPaths: [],
          maskedPaths: [state],
        }),
      ).toBe('ok\nwork\n');
      expect(
        await output(`echo ok >file; cat file; cat '${key}' 2>/dev/null; ls -A ../..`, { maskedPaths: [state, pack] }),
      ).toBe('ok\nwork\n');
    });

    test.each<[string, (base: string) => Partial<SandboxCommand>]>([
      ['the work folder holds a masked path', (b) => ({ maskedPaths: [join(b, 'work', 'state')] })],
      ['the work folder is masked', (b) => ({ maskedPaths: [join(b, 'work')] })],
      ['the work folder is missing', (b) => ({ workFolder: join(b, 'missing') })],
      ['the work folder is relative', () => ({ workFolder: 'work' })],
      ['a masked path is relative', () => ({ maskedPaths: ['state'] })],
      ['a read-only path is masked', (b) => ({ readOnlyPaths: [b], maskedPaths: [b] })],
      ['a read-only path holds the work folder', (b) => ({ readOnlyPaths: [b] })],
      ['a read-only path is a socket folder', () => ({ readOnlyPaths: ['/run'] })],
      ['a read-only path is the root', () => ({ readOnlyPaths: ['/'] })],
      ['there is no program', () => ({ argv: [] })],
      ['the program looks like a variable', () => ({ argv: ['A=b'] })],
      ['an argument holds NUL', () => ({ argv: ['/bin/echo', 'a\0b'] })],
      ['a variable has an odd name', () => ({ environment: { 'A;touch x': '1' } })],
      ["a variable is the set-up's own", () => ({ environment: { CS_ENV_0: '1' } })],
      ['there is no time', () => ({ timeoutMs: 0 })],
      ['the output is unbounded', () => ({ maxOutputBytes: Number.POSITIVE_INFINITY })],
    ])('nothing runs when %s', async (_, more) => {
      const result = await caller.run(command('touch ran', more(fixture.base)));
      expect(result).toMatchObject({
        kind: 'refused',
        reason: expect.any(String) as string,
        remedy: expect.any(String) as string,
      });
      expect(existsSync(join(fixture.workFolder, 'ran'))).toBe(false);
    });

    test('nothing runs when the signal was aborted before', async () => {
      expect((await shell('touch ran', { signal: AbortSignal.abort() })).kind).toBe('aborted');
      expect(existsSync(join(fixture.workFolder, 'ran'))).toBe(false);
    });

    test.each([{ platform: 'darwin' }, { platform: 'win32' }, { programPath: '/nonexistent' }] as const)(
      'nothing runs when the sandbox is unavailable: %j',
      async (options) => {
        expect(await caller.run(command('touch ran'), options)).toMatchObject({
          kind: 'refused',
          remedy: expect.stringContaining('util-linux') as string,
        });
        expect(existsSync(join(fixture.workFolder, 'ran'))).toBe(false);
      },
    );
  });
}
