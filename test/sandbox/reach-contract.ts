/**
 * What every sandbox must keep out of reach, as tests over a caller. Hostile commands are shell text; each says what it got.
 * Never: waits by sleeping. One fixture builds a folder a test, with a shown pack whose state folder is masked.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Caller } from './callers.ts';
import { path, sandboxFixture } from './fixture.ts';

export function describeReach(name: string, caller: Caller): void {
  describe(name, () => {
    const fixture = sandboxFixture(caller);
    const { command, output, packWithState, shell } = fixture;

    test('a shell reads neither signing key nor API key of a masked state folder inside a shown pack', async () => {
      const { pack, state, key, apiKey } = packWithState();
      const seen = await output(
        'cat "$0/shown"; for f in "$@"; do cat "$f"; cat "/proc/1/root$f"; cat "/proc/1/cwd$f"; done 2>/dev/null; ls -A "$0/.countersign"; true',
        {
          argv: [
            '/bin/sh',
            '-c',
            'cat "$0/shown"; for f in "$@"; do cat "$f"; cat "/proc/1/root$f"; done 2>/dev/null; ls -A "$0/.countersign"; true',
            pack,
            key,
            apiKey,
          ],
          readOnlyPaths: [pack],
          maskedPaths: [state, apiKey],
        },
      );
      expect(seen).toBe('shown');
    });

    test('a masked path given through a symbolic link is masked where it really is', async () => {
      const { pack, key, state } = packWithState();
      symlinkSync(state, join(fixture.base, 'alias'));
      expect(
        await output(`cat '${key}' 2>/dev/null; echo end`, {
          readOnlyPaths: [pack],
          maskedPaths: [join(fixture.base, 'alias')],
        }),
      ).toBe('end\n');
    });

    test('folders that are not listed are absent', async () => {
      const { key } = packWithState();
      expect(
        await output(
          `cat '${key}' 2>/dev/null; ls -d /root /home /run /var/run /var/lib /boot /sys /mnt /srv 2>/dev/null; echo end`,
        ),
      ).toBe('end\n');
    });

    test('a nested user namespace cannot take the masks off', async () => {
      const { pack, state, key } = packWithState();
      const attack = `umount '${state}'; umount -l '${state}'; unshare --user --map-root-user --mount sh -c "umount '${state}'; umount -l '${state}'; mount -t tmpfs x /tmp; cat '${key}'; pivot_root / /"`;
      const seen = await output(`{ ${attack}; cat '${key}'; } 2>&1; true`, {
        readOnlyPaths: [pack],
        maskedPaths: [state],
      });
      expect(seen).not.toContain(fixture.secret);
    });

    test('a nested user namespace is not to be had', async () => {
      expect(
        await output(
          'unshare --user true 2>/dev/null && echo nested; unshare --mount true 2>/dev/null && echo mount; echo end',
        ),
      ).toBe('end\n');
    });

    test('a command has no capability, no way to a new one and is not root', async () => {
      const status = await output('cat /proc/self/status; id -u >uid');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'mu'));
      expect(status).toMatch(/^NoNewPrivs:\s1$/mu);
      expect(readFileSync(join(fixture.workFolder, 'uid'), 'utf8')).not.toBe('0\n');
      expect(
        await output(
          'grep -c " nosuid\\| [^ ]*nosuid" /proc/self/mounts >/dev/null; grep -v nosuid /proc/self/mounts; true',
        ),
      ).toBe('');
    });

    test('other processes are neither seen nor read nor reached by signals', async () => {
      const pids = await output(
        'cd /proc; for p in [0-9]*; do [ "$p" = $$ ] || tr "\\0" " " <"$p/cmdline" 2>/dev/null; done; echo end',
      );
      expect(pids).toBe('end\n');
      expect(
        await output(
          'cat /proc/1/environ /proc/1/cmdline /proc/1/maps 2>/dev/null; ls /proc/1/fd /proc/1/root 2>/dev/null; echo end',
        ),
      ).toBe('end\n');
      expect(await output(`kill -0 ${process.pid} 2>/dev/null && echo reached; kill -9 1 2>/dev/null; echo end`)).toBe(
        'end\n',
      );
    });

    test('a loopback server of the host is out of reach', async () => {
      let requests = 0;
      const server = createServer((_, response) => {
        requests += 1;
        response.end('reached');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('reached');
        const attack = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
        const seen = await caller.run(command('', { argv: ['/bin/bash', '-c', attack] }));
        expect(seen).toMatchObject({ kind: 'exited', stdout: '' });
        expect(requests).toBe(1);
        expect(await output('grep -c : /proc/net/dev')).toBe('1\n');
      } finally {
        await new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        });
      }
    });

    test('an abstract Unix socket of the host is out of reach', async () => {
      const socket = `\0${fixture.secret}`;
      let connections = 0;
      const server = createSocketServer((connection) => {
        connections += 1;
        connection.end();
      });
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      const probe = `require('node:net').connect(${JSON.stringify(socket)}).on('connect',()=>{console.log('reached');process.exit()}).on('error',()=>console.log('refused'))`;
      try {
        expect((await promisify(execFile)(process.execPath, ['-e', probe], { timeout: 10_000 })).stdout).toBe(
          'reached\n',
        );
        const result = await caller.run(
          command('', { argv: [process.execPath, '-e', probe], readOnlyPaths: [dirname(process.execPath)] }),
        );
        expect(result).toMatchObject({ kind: 'exited', stdout: 'refused\n' });
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
      expect(connections).toBe(1);
    });

    test('a command writes in its work folder and nowhere else that lasts', async () => {
      const { pack } = packWithState();
      const places = [
        '/canary',
        '/usr/canary',
        '/etc/canary',
        '/opt/canary',
        '/dev/canary',
        '/var/canary',
        `${pack}/canary`,
        '/proc/sys/kernel/core_pattern',
        '/proc/sysrq-trigger',
        '/proc/sys/user/max_user_namespaces',
      ];
      const seen = await output(
        'for f in "$@"; do (echo 1 >"$f") 2>/dev/null && echo "wrote $f"; (mv "$f" "$f.x" || chmod 777 "$f" || mknod "$f.n" c 1 1) 2>/dev/null && echo "changed $f"; done; mknod node c 1 1 2>/dev/null && echo node; mkdir -p sub && echo inside >sub/file && echo tmp >/tmp/canary && cat /tmp/canary sub/file',
        {
          argv: [
            '/bin/sh',
            '-c',
            'for f in "$@"; do (echo 1 >"$f") 2>/dev/null && echo "wrote $f"; (mv "$f" "$f.x" || chmod 777 "$f" || mknod "$f.n" c 1 1) 2>/dev/null && echo "changed $f"; done; mknod node c 1 1 2>/dev/null && echo node; mkdir -p sub && echo inside >sub/file && echo tmp >/tmp/canary && cat /tmp/canary sub/file',
            'sh',
            ...places,
          ],
          readOnlyPaths: [pack],
        },
      );
      expect(seen).toBe('tmp\ninside\n');
      expect(readFileSync(join(fixture.workFolder, 'sub', 'file'), 'utf8')).toBe('inside\n');
      expect(existsSync(join(fixture.base, 'canary'))).toBe(false);
    });

    test('files that the caller put into the work folder can be changed', async () => {
      mkdirSync(join(fixture.workFolder, 'deep'));
      writeFileSync(join(fixture.workFolder, 'deep', 'file'), 'old', { mode: 0o600 });
      caller.own(fixture.workFolder);
      await output('echo new >deep/file && echo more >deep/other');
      expect(readFileSync(join(fixture.workFolder, 'deep', 'file'), 'utf8')).toBe('new\n');
    });

    test('a symbolic link out of the work folder leads to nothing', async () => {
      const { key } = packWithState();
      symlinkSync(key, join(fixture.workFolder, 'link'));
      symlinkSync(fixture.base, join(fixture.workFolder, 'up'));
      expect(
        await output('cat link up/pack/.countersign/keys/* 2>/dev/null; (echo x >link) 2>/dev/null; ls up; true'),
      ).toBe('work\n');
      expect(readFileSync(key, 'utf8')).toBe(fixture.secret);
    });

    test('the environment is what was given and nothing else', async () => {
      const environment = { PATH: path, GIVEN: ' a\n"b\' $(id) `id` ', LD_PRELOAD_: 'x', LC_ALL: 'C.UTF-8' };
      const result = await caller.run(command('', { argv: ['/usr/bin/env', '-0'], environment }));
      expect(result.kind === 'exited' && result.stdout.split('\0').filter(Boolean).toSorted()).toEqual(
        Object.entries(environment)
          .map(([n, v]) => `${n}=${v}`)
          .toSorted(),
      );
      expect(await caller.run(command('', { argv: ['/usr/bin/env'], environment: {} }))).toMatchObject({
        kind: 'exited',
        stdout: '',
        exitCode: 0,
      });
    });

    test('a program loaded by a variable runs without any privilege of the set-up', async () => {
      const marker = join(fixture.workFolder, 'loaded');
      writeFileSync(join(fixture.workFolder, 'startup'), `touch '${marker}'; cat /proc/self/status >'${marker}'`);
      caller.own(fixture.workFolder);
      await output('true', { environment: { PATH: fixture.workFolder, ENV: join(fixture.workFolder, 'startup') } });
      expect(existsSync(marker)).toBe(false);
    });

    test('arguments, input and exit code pass unchanged', async () => {
      const argv = ['/usr/bin/printf', '%s|', '$(id)', 'a\'b"c', 'x\ny', '', '--', '*'];
      expect(await caller.run(command('', { argv }))).toMatchObject({
        kind: 'exited',
        exitCode: 0,
        stdout: '$(id)|a\'b"c|x\ny||--|*|',
        truncated: false,
      });
      expect(await shell('cat; exit 7', { stdin: 'given\n' })).toMatchObject({
        kind: 'exited',
        exitCode: 7,
        stdout: 'given\n',
      });
      expect(await shell('echo out; echo err >&2; kill -TERM $$')).toMatchObject({
        kind: 'exited',
        exitCode: 143,
        stdout: 'out\n',
        stderr: expect.stringContaining('err\n') as string,
      });
      expect(await caller.run(command('', { argv: ['/nonexistent/program'] }))).toMatchObject({
        kind: 'exited',
        exitCode: 127,
      });
    });

    test.each([
      'with space',
      'quote\'"',
      'line\nbreak',
      '$(touch x)`id`',
      '-option',
      'back\\slash\\0407 1',
      'ünïcode*?[',
    ])('folders named %j are bound and masked', async (odd) => {
      const { pack, state, apiKey } = packWithState(`pack ${odd}`);
      fixture.workFolder = join(fixture.base, odd);
      mkdirSync(fixture.workFolder, { mode: 0o700 });
      caller.own(fixture.base);
      const result = await caller.run(
        command('', {
          argv: [
            '/bin/sh',
            '-c',
            'echo in >file; cat "$1/shown" "$1/.countersign/keys/decision.pem" "$1/local api.key" 2>/dev/null; (echo x >"$1/shown") 2>/dev/null && echo wrote; true',
            'sh',
            pack,
          ],
          readOnlyPaths: [pack],
          maskedPaths: [state, apiKey],
        }),
      );
      expect(result).toMatchObject({ kind: 'exited', stdout: 'shown' });
      expect(readFileSync(join(fixture.workFolder, 'file'), 'utf8')).toBe('in\n');
    });
  });
}
