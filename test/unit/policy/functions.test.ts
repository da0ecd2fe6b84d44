/** The helpers of conditions, each with what it takes, what it refuses to read, and the ways around it that are known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluatePolicy, loadPolicy, type ReadShell } from '../../../policy/index.ts';
import { call, oneRule, problemsOf } from './policy-fixtures.ts';

function answer(when: string, value: unknown, now = 0): string {
  const verdict = evaluatePolicy(oneRule('allow', when), call({ args: { v: value }, now }));
  return verdict.rules[0]?.id === 'condition-error' ? 'error' : verdict.verdict;
}
function refusal(when: string): string {
  return problemsOf(
    JSON.stringify({ version: 1, rules: [{ id: 'a', reason: 'r', effect: 'allow', tools: ['*'], when }] }),
  ).join('\n');
}

describe('cidr', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', 'allow'],
    ['10.0.0.0/8', '11.0.0.1', 'deny'],
    ['10.0.0.0/8', '::ffff:10.1.2.3', 'allow'],
    ['fd00::/8', 'fd12::1', 'allow'],
    ['fd00::/8', '10.1.2.3', 'deny'],
    ['192.168.0.4/30', '192.168.0.7', 'allow'],
    ['10.0.0.0/8', '012.1.2.3', 'error'],
    ['10.0.0.0/8', '0x0a.1.2.3', 'error'],
    ['10.0.0.0/8', '167838211', 'error'],
    ['10.0.0.0/8', '10.1', 'error'],
    ['10.0.0.0/8', '10.1.2.3 ', 'error'],
    ['10.0.0.0/8', 'example.com', 'error'],
    ['10.0.0.0/8', 'fe80::1%eth0', 'error'],
    ['10.0.0.0/8', '', 'error'],
    ['10.0.0.0/8', '64:ff9b::10.1.2.3', 'error'],
    ['10.0.0.0/8', '2002:a01:203::1', 'error'],
    ['10.0.0.0/8', '::ffff:0:10.1.2.3', 'error'],
    ['fd00::/8', '64:ff9b::10.1.2.3', 'deny'],
  ])('%s of %s: %s', (block, value, expected) => {
    expect(answer(`cidr(args.v, '${block}')`, value)).toBe(expected);
  });

  it.each(['10.0.0.0', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/8/8', 'x/8', '10.0.0.0/-1'])(
    '%s is no block',
    (block) => {
      expect(refusal(`cidr(args.v, '${block}')`)).toContain('a block such as 10.0.0.0/8');
    },
  );
});

describe('host', () => {
  it.each([
    ['example.com', 'example.com', 'allow'],
    ['example.com', 'EXAMPLE.com:443', 'allow'],
    ['example.com', 'https://example.com/a?b', 'allow'],
    ['example.com', 'example.com.', 'allow'],
    ['example.com', 'api.example.com', 'deny'],
    ['example.com', 'ssh://%65xample.com/', 'allow'],
    ['example.com', 'git+ssh://git@example%2ecom:22/x', 'allow'],
    ['example.com', 'x://ex\u00ADample.com', 'allow'],
    ['127.0.0.1', 'redis://2130706433/', 'allow'],
    ['127.0.0.1', 'redis://0x7f.1', 'allow'],
    ['example.com', 'example.com..', 'error'],
    ['*.svc.local', 'https://service.svc.local/query', 'allow'],
    ['*.svc.local', 'svc.local', 'deny'],
    ['*.svc.local', 'evilsvc.local', 'deny'],
    ['*.svc.local', 'svc.local.evil.com', 'deny'],
    ['example.com', 'https://example.com@evil.com/', 'deny'],
    ['example.com', 'https://evil.com/example.com', 'deny'],
    ['example.com', 'https://evil.com#example.com', 'deny'],
    ['example.com', 'example.com/path', 'error'],
    ['example.com', 'https:\\\\example.com', 'error'],
    ['example.com', 'user@example.com', 'error'],
    ['example.com', 'exam\tple.com', 'error'],
    ['example.com', ' example.com', 'error'],
    ['example.com', '', 'error'],
    ['127.0.0.1', 'http://2130706433/', 'allow'],
  ])('%s of %s: %s', (pattern, value, expected) => {
    expect(answer(`host(args.v, '${pattern}')`, value)).toBe(expected);
  });

  it('gives the host as a connection would take it', () => {
    expect(answer(`host(args.v) == 'xn--bcher-kva.example'`, 'https://b\u00fccher.example:8443/x')).toBe('allow');
  });

  it.each(['*', 'a*.com', 'https://example.com', 'example.com/x', ''])('%s is no pattern', (pattern) => {
    expect(refusal(`host(args.v, '${pattern}')`)).toContain('a host, or "*." and a domain');
  });
});

describe('path', () => {
  it.each([
    ['/srv/**', '/srv/app/x', 'allow'],
    ['/srv/**', '/srv/./app//x', 'allow'],
    ['/srv/**', '/srv/../etc/passwd', 'deny'],
    ['/srv/*', '/srv/a/b', 'deny'],
    ['/srv/**', '/srvx', 'deny'],
    ['/srv/**', 'srv/a', 'error'],
    ['/srv/**', '/srv/a\u0000.txt', 'error'],
    ['/srv/**', '/srv\\..\\etc', 'error'],
    ['/srv/**', '~/x', 'error'],
  ])('%s of %s: %s', (pattern, value, expected) => {
    expect(answer(`path(args.v, '${pattern}')`, value)).toBe(expected);
  });

  it('never leaves the root, whatever the text (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', 'srv'), { maxLength: 8 }), (parts) => {
        const verdict = answer("path(args.v).startsWith('/') && !path(args.v).contains('..')", `/${parts.join('/')}`);
        expect(verdict).toBe('allow');
      }),
    );
  });
});

describe('semver', () => {
  it.each([
    ['>=1.4.0 <2', '1.4.0', 'allow'],
    ['>=1.4.0 <2', '1.3.9', 'deny'],
    ['>=1.4.0 <2', '2.0.0', 'deny'],
    ['^1.4.0', '1.9.9', 'allow'],
    ['^1.4.0', '2.0.0-0', 'deny'],
    ['^0.3.1', '0.4.0', 'deny'],
    ['~1.4.2', '1.4.9', 'allow'],
    ['~1.4.2', '1.5.0', 'deny'],
    ['1', '1.7.3', 'allow'],
    ['>1', '1.7.3', 'deny'],
    ['>1', '2.0.0', 'allow'],
    ['<=1.4', '1.4.9', 'allow'],
    ['1.0.0-alpha.1', '1.0.0-alpha.1', 'allow'],
    ['>=1.0.0-alpha <1.0.0', '1.0.0-beta', 'allow'],
    ['<1 || >=3', '3.1.0', 'allow'],
    ['>=1.4.0', '1.4.0+build.5', 'allow'],
    ['>=1.4.0', 'v1.4.0', 'error'],
    ['>=1.4.0', '1.4', 'error'],
    ['>=1.4.0', '01.4.0', 'error'],
    ['>=1.4.0', 'latest', 'error'],
  ])('%s of %s: %s', (range, value, expected) => {
    expect(answer(`semver(args.v, '${range}')`, value)).toBe(expected);
  });

  // The third is what npm's semver 7.8.6 answers (`satisfies`): ours is the same, or no answer where order says otherwise.
  const preReleases = [
    ['>=1.4.0 <2', '2.0.0-rc1', false, 'deny'],
    ['>=1.4.0 <2', '2.0.0-0', false, 'deny'],
    ['>=1.4.0 <2', '1.5.0-rc1', false, 'error'],
    ['>=1.4.0 <2', '1.4.0-rc1', false, 'error'],
    ['>=1.4.0 <2', '1.3.0-rc1', false, 'deny'],
    ['>=1.4.0 <2.0.0', '2.0.0-rc1', false, 'error'],
    ['<1.4.0', '1.3.0-rc1', false, 'error'],
    ['<1.4.0', '1.4.0-rc1', false, 'error'],
    ['<1.4.0', '1.5.0-rc1', false, 'deny'],
    ['<=1.4', '1.4.1-rc1', false, 'error'],
    ['<=1.4', '1.5.0-rc1', false, 'deny'],
    ['>=2.0.0', '2.0.0-rc1', false, 'error'],
    ['>=2', '2.0.0-rc1', false, 'error'],
    ['>2', '3.0.0-rc1', false, 'error'],
    ['>1.0.0', '1.0.0-rc1', false, 'deny'],
    ['^1.4.0', '2.0.0-rc1', false, 'deny'],
    ['^1.4.0', '1.4.0-rc1', false, 'error'],
    ['^1.4.0', '1.9.0-rc1', false, 'error'],
    ['^1.4.0-rc.1', '1.4.0-rc.2', true, 'allow'],
    ['^1.4.0-rc.2', '1.4.0-rc.1', false, 'deny'],
    ['^1.4.0-rc.1', '1.5.0-rc.1', false, 'error'],
    ['~1.4.2', '1.5.0-0', false, 'deny'],
    ['~1.4.2', '1.4.3-rc1', false, 'error'],
    ['1', '1.2.0-rc1', false, 'error'],
    ['1', '2.0.0-rc1', false, 'deny'],
    ['1.0.0', '1.0.0-rc1', false, 'error'],
    ['=1.0.0-rc1', '1.0.0-rc1', true, 'allow'],
    ['>=1.0.0-alpha <1.0.0', '1.0.0-beta', true, 'allow'],
    ['>=1.0.0-alpha <1.0.0', '0.9.0-beta', false, 'deny'],
    ['<1.0.0 || 1.5.0-rc1', '1.5.0-rc1', true, 'allow'],
    ['<1.0.0 || >=3', '1.5.0-rc1', false, 'deny'],
    ['>=1.0.0 <2.0.0-rc.1', '2.0.0-beta', true, 'allow'],
    ['>=1.0.0 <2.0.0-rc.1', '2.0.0-rc.2', false, 'deny'],
    ['>=1.0.0 <2.0.0-rc.1', '1.5.0-beta', false, 'error'],
  ] as const;
  it.each(preReleases)('%s of the pre-release %s: in it for npm: %s; here: %s', (range, value, npm, expected) => {
    const inRange = answer(`semver(args.v, '${range}')`, value);
    expect(inRange).toBe(expected);
    expect(inRange === 'allow').toBe(npm);
    // The other way round: a rule that speaks of what is outside lets no more in than npm's rule either.
    const outside = answer(`!semver(args.v, '${range}')`, value);
    expect(outside).toBe({ allow: 'deny', deny: 'allow', error: 'error' }[expected]);
  });

  it.each(['', 'latest', '>=', '1.2.3.4', '>= 1', '||'])('"%s" is no range', (range) => {
    expect(refusal(`semver(args.v, '${range}')`)).toContain('a range of versions');
  });
});

describe('window and local', () => {
  const at = (text: string) => Date.parse(text);
  it.each([
    ['mon-fri 09:00-17:00 Europe/Berlin', '2026-07-06T07:00:00Z', 'allow'],
    ['mon-fri 09:00-17:00 Europe/Berlin', '2026-07-06T06:59:59Z', 'deny'],
    ['mon-fri 09:00-17:00 Europe/Berlin', '2026-01-05T07:30:00Z', 'deny'],
    ['mon-fri 09:00-17:00 Europe/Berlin', '2026-07-06T15:00:00Z', 'deny'],
    ['mon-fri 09:00-17:00 Europe/Berlin', '2026-07-04T08:00:00Z', 'deny'],
    ['sat,sun 00:00-24:00 UTC', '2026-07-05T23:59:59Z', 'allow'],
    ['sat,sun 00:00-24:00 UTC', '2026-07-06T00:00:00Z', 'deny'],
    ['fri 22:00-06:00 UTC', '2026-07-04T05:59:00Z', 'allow'],
    ['fri 22:00-06:00 UTC', '2026-07-03T05:59:00Z', 'deny'],
    ['sun-mon 09:00-10:00 UTC', '2026-07-06T09:30:00Z', 'allow'],
  ])('%s at %s: %s', (window, now, expected) => {
    expect(answer(`window(now, '${window}')`, null, at(now))).toBe(expected);
  });

  // Berlin skips 02:00-03:00 on 29 March and has it twice on 25 October 2026; each change is at 01:00 UTC.
  it.each([
    ['an hour that is skipped begins no window', 'sun 02:00-03:00 Europe/Berlin', '2026-03-29', '', ''],
    ['a window that ends in it ends where it begins', 'sun 01:00-02:30 Europe/Berlin', '2026-03-29', '00:00', '00:59'],
    [
      'a window that begins in it begins where it ends',
      'sun 02:30-04:00 Europe/Berlin',
      '2026-03-29',
      '01:00',
      '01:59',
    ],
    ['an hour that comes twice is in both times', 'sun 02:00-03:00 Europe/Berlin', '2026-10-25', '00:00', '01:59'],
    ['a window beside it keeps its clock', 'sun 03:00-04:00 Europe/Berlin', '2026-10-25', '02:00', '02:59'],
    ['a day of 23 hours is whole', 'sun 00:00-24:00 Europe/Berlin', '2026-03-29', '00:00', '21:59'],
    ['a night over the change goes on', 'sat 22:00-04:00 Europe/Berlin', '2026-03-29', '00:00', '01:59'],
    ['a night over the other change, too', 'sat 22:00-04:00 Europe/Berlin', '2026-10-25', '00:00', '02:59'],
    ['west of UTC', 'sun 01:00-02:00 America/New_York', '2026-11-01', '05:00', '06:59'],
    ['of half an hour', 'sun 01:30-02:00 Australia/Lord_Howe', '2026-04-04', '14:30', '15:29'],
  ])('at a change of the clock: %s', (_, window, day, first, last) => {
    const policy = oneRule('allow', `window(now, '${window}')`);
    const minutes = Array.from({ length: 24 * 60 }, (__, index) => at(`${day}T00:00:00Z`) + index * 60_000);
    const inside = minutes.filter((now) => evaluatePolicy(policy, call({ now })).verdict === 'allow');
    const time = (now: number) => new Date(now).toISOString().slice(11, 16);
    const expected = minutes.filter((now) => time(now) >= first && time(now) <= last);
    expect(inside.map(time)).toEqual(first === '' ? [] : expected.map(time));
  });

  it('opens and closes twice where the window ends within the hour that comes twice', () => {
    const open = (text: string) => answer(`window(now, 'sun 01:00-02:30 Europe/Berlin')`, null, at(text));
    expect(
      ['2026-10-25T00:29:59Z', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z'].map(open),
    ).toEqual(['allow', 'deny', 'allow', 'deny']);
  });

  it('reads the wall clock of a zone', () => {
    const when = `local(now, 'America/New_York').hour == 3 && local(now, 'America/New_York').weekday == 'sun' && local(now, 'America/New_York').date == '2026-03-08'`;
    expect(answer(when, null, at('2026-03-08T07:00:00Z'))).toBe('allow');
  });

  it.each([
    ["window(now, 'mon-fri 9-17 UTC')", 'mon-fri or sat,sun'],
    ["window(now, 'mon-fri 09:00-17:00 Mars/Base')", 'a time zone'],
    ["window(now, 'mon-fri 09:00-25:00 UTC')", 'times from 00:00 to 24:00'],
    ["window(now, 'mon-fri 09:00-09:00 UTC')", 'times from 00:00 to 24:00'],
    ["window(now, 'mon-foo 09:00-10:00 UTC')", 'mon-fri or sat,sun'],
    ["local(now, 'Mars/Base').hour == 1", 'a time zone'],
    ['local(now, args.zone).hour == 1', 'a literal text'],
    ["local(now, 'UTC').huor == 1", 'did you mean "hour"?'],
  ])('%s is refused when the policy is loaded', (when, expected) => {
    expect(refusal(when)).toContain(expected);
  });
});

describe('shell', () => {
  const readShell: ReadShell = (command) => ({
    parsed: !command.includes('('),
    verdict: command === 'ls' ? 'allow' : 'ask',
    worst: command === 'ls' ? 'read' : 'opaque',
    classes: ['read'],
    names: command.split(' && '),
    commands: [{ rule: 'coreutils-ls' }],
  });
  const policy = (when: string, given?: ReadShell) => {
    const text = JSON.stringify({ version: 1, rules: [{ id: 'a', reason: 'r', effect: 'allow', tools: ['*'], when }] });
    const loaded = loadPolicy(text, 'f', given ? { readShell: given } : {});
    if (loaded.kind === 'invalid') throw new Error(loaded.problems[0]?.message);
    return loaded.policy;
  };
  const verdict = (when: string, command: unknown, given?: ReadShell) =>
    evaluatePolicy(policy(when, given), call({ args: { command } })).rules[0]?.id;

  it('gives the facts of the classifier that was handed in', () => {
    const when =
      "shell(args.command).parsed && shell(args.command).worst == 'read' && 'ls' in shell(args.command).names";
    expect(verdict(when, 'ls', readShell)).toBe('a');
    expect(verdict(when, 'rm', readShell)).toBe('no-rule-matches');
    expect(verdict("'coreutils-ls' in shell(args.command).rules", 'ls', readShell)).toBe('a');
  });

  it('denies where there is no classifier, where it fails, and for a command that is none', () => {
    const when = 'shell(args.command).parsed';
    expect(verdict(when, 'ls')).toBe('condition-error');
    expect(verdict(when, 7, readShell)).toBe('condition-error');
    expect(verdict(when, 'x'.repeat(20_000), readShell)).toBe('condition-error');
    const broken: ReadShell = () => {
      throw new TypeError('canary');
    };
    expect(verdict(when, 'ls', broken)).toBe('condition-error');
  });
});
