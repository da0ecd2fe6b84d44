/** The strict validator as a policy says it (P1): the seeds' cases by their ids, through the decision itself. */
import { describe, expect, test } from 'vitest';
import { shellReaders } from '../../../guards/index.ts';
import { decideByPolicy, loadPolicy, type LoadOptions } from '../../../policy/index.ts';
import { call } from './policy-fixtures.ts';

function decide(command: unknown, strict = '{}', options: LoadOptions = shellReaders) {
  const text = `version: 1
rules: [{ id: all, reason: Trusted agent, effect: allow, tools: ["*"] }]
tools: { shell: { arguments: { command: { required: true, strictCommand: ${strict} } } } }
`;
  const loaded = loadPolicy(text, 'policy.yaml', options);
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  const args = command === undefined ? {} : { command };
  const { verdict, rules } = decideByPolicy(loaded.policy, call({ tool: { name: 'shell', effect: 'effect' }, args }));
  return `${verdict}: ${rules
    .filter(({ id }) => id !== 'all')
    .map(({ id, reason }) => `${id} ${reason}`)
    .join('; ')}`;
}
const denied = (why: string): string => `deny: argument-constraint Argument "command" ${why}`;
const notPlain = (why: string): string => denied(`is not one plain command (${why})`);

describe('strictCommand', () => {
  test.each([
    ['V1', 'rm -fr /tmp', 'fragment'],
    ['V1', 'touch --no-preserve-root', 'fragment'],
    ['V2', 'mkfs.ext4 /dev/sdb1', 'command'],
    ['V2', 'sudo ls', 'command'],
    ['V3', 'echo ok && rm -rf /', 'metacharacters'],
    ['V3', 'echo $(rm -rf /)', 'metacharacters'],
    ['V4', 'cat ../etc/passwd', 'argument'],
    ['V5', '   ', 'empty command'],
    ['V6', 'ls\0', 'control characters'],
    ['V7', 'echo "unterminated', 'parse failed'],
    ['V11', 'echo ok | grep ok', 'metacharacters'],
    ['T4', 'ls\nreboot', 'metacharacters'],
    ['T5', 'rm -f -r /home', 'fragment'],
    ['T5', 'env dd if=/dev/zero of=/dev/sda', 'command'],
  ])('%s denies %j', (_id, command, why) => {
    expect(decide(command)).toBe(notPlain(why));
  });

  test.each(['printf "hello world"', 'grep "rm -rf" notes.md', 'farm -r', 'echo "../x"'])(
    'V10 T5 allows %j',
    (command) => {
      expect(decide(command)).toBe('allow: ');
    },
  );

  test('V8 V9 V12 takes its lengths from the policy, and metacharacters only where it says so', () => {
    expect(decide('printf one two', '{ maxArguments: 1 }')).toBe(notPlain('too many arguments'));
    expect(decide('a'.repeat(10), '{ maxBytes: 5 }')).toBe(notPlain('command too long'));
    expect(decide('echo ok | grep ok', '{ metacharacters: true }')).toBe('allow: ');
    expect(decide('rm -rf /', '{ metacharacters: true }')).toBe(notPlain('fragment'));
  });

  test.each([[7], [null], [['ls', 'rm -r x']], [{ a: 1 }]])('V15 denies what is no text: %j', (command) => {
    expect(decide(command)).toMatch(/^deny: argument-constraint/u);
  });

  test('denies where nobody handed the validator in: a gateway without guards allows nothing by it', () => {
    expect(decide('ls', '{}', {})).toBe(denied('is no command that can be checked'));
  });

  test('V15 a missing command is named', () => {
    expect(decide(undefined)).toBe(denied('').replace('Argument "command" ', 'Argument "command" is missing'));
  });

  test('a key that it does not know is refused', () => {
    expect(() => decide('ls', '{ pipes: true }')).toThrow(/pipes/);
  });
});
