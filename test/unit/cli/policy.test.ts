/** The commands for policies, as they are typed: exit codes, output for people and for programs, and input that is bad. */
import { chmod, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-policy-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const rule = (id: string, effect: string, more = '') =>
  `  - { id: ${id}, reason: because, effect: ${effect}, tools: ["*"]${more} }\n`;
const head = 'version: 1\napprovals: { default: { approvers: { principals: [bob] }, deadline: 10m } }\n';
const reads = `${head}rules:\n${rule('reads', 'allow', ', when: tool.effect == "read"')}`;
const cases = `- { name: a read, call: { tool: a, effect: read }, verdict: allow, rule: reads }
- { name: a change, call: { tool: a }, verdict: deny, rule: no-rule-matches }
`;
async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('policy check', () => {
  it('is content with a good one, and says every problem of a bad one with its place', async () => {
    const good = await file('policy.yaml', reads);
    expect((await runCli(['policy', 'check', good])).exit).toBe(0);
    const bad = await file('bad.yaml', `${head}limts: {}\nrules:\n${rule('a', 'aks')}`);
    const { exit, stdout } = await runCli(['policy', 'check', good, bad]);
    expect(exit).toBe(2);
    expect(stdout).toContain(`error ${bad}:3:1: found the key "limts"`);
    expect(stdout).toContain('did you mean "ask"?');
    expect(JSON.parse((await runCli(['policy', 'check', bad, '--json'])).stdout)).toMatchObject({
      ok: false,
      warnings: [],
    });
  });

  it.each([
    ['shadowed-rule', `${rule('all', 'deny')}${rule('b', 'allow', ', when: args.x == 1')}`, ''],
    ['unreachable-rule', rule('a', 'allow', ', when: "false"'), ''],
    ['unconditional-allow', rule('a', 'allow'), ''],
    ['guard-off', rule('a', 'deny'), 'guards: { injection: { off: true, acknowledge: noisy } }\n'],
    ['results-trusted', rule('a', 'deny'), 'labels: { trustedResults: [{ tools: [read_?], reason: ours }] }\n'],
  ])('warns of a %s, and fails for it under --strict', async (code, rules, more) => {
    const path = await file('policy.yaml', `${head}${more}rules:\n${rules}`);
    const { exit, stdout } = await runCli(['policy', 'check', path, '--json']);
    expect(exit).toBe(0);
    const { warnings } = JSON.parse(stdout) as { warnings: { code: string; line: number }[] };
    expect(warnings.map((one) => one.code)).toContain(code);
    expect((await runCli(['policy', 'check', path, '--strict'])).exit).toBe(1);
  });

  it('takes files of cases among policies as what they are, and tells all files’ problems at once', async () => {
    const good = await file('policy.yaml', reads);
    const own = await file('policy.cases.yaml', cases);
    const fine = await runCli(['policy', 'check', good, own]);
    expect(fine).toMatchObject({ exit: 0, stderr: expect.stringContaining('2 files are fine') });
    expect((await runCli(['policy', 'check', own])).stderr).toContain('1 file is fine');
    const bad = await file('bad.yaml', `${head}limts: {}\nrules: []\n`);
    const wrong = await file('wrong.cases.yaml', '- { call: { tool: a }, verdict: alow }\n');
    const latin = join(folder, 'latin.yaml');
    await writeFile(latin, Buffer.from([0x76, 0xff]));
    const all = await runCli(['policy', 'check', join(folder, 'none.yaml'), latin, wrong, bad, good]);
    expect(all.exit).toBe(2);
    for (const one of ['none.yaml', 'latin.yaml": it is not UTF-8', 'did you mean "allow"?', `${bad}:3:1`]) {
      expect(all.stdout).toContain(one);
    }
    expect(all.stderr).toContain('4 problems, 0 warnings in 5 files');
  });

  it('warns of rules that another one makes useless, the later of two that say the same', async () => {
    const same = `${rule('first', 'deny')}${rule('second', 'deny')}${rule('third', 'allow')}`;
    const { stdout } = await runCli(['policy', 'check', await file('policy.yaml', `${head}rules:\n${same}`)]);
    expect(stdout).toContain('rule "second" changes nothing: rule "first" denies all that it is for (shadowed-rule)');
    expect(stdout).toContain('rule "third" never decides: rule "first" denies all');
    expect(stdout).not.toContain('rule "first" changes');
    const labels = ', labels: { untrusted: allow }';
    const apart = `${rule('first', 'allow', labels)}${rule('second', 'allow')}`;
    const other = await runCli(['policy', 'check', await file('policy.yaml', `${head}rules:\n${apart}`)]);
    expect(other.stdout).not.toContain('shadowed-rule');
  });

  it('warns of a quorum that nobody can reach', async () => {
    const path = await file('policy.yaml', `${head.replace('deadline', 'quorum: 2, deadline')}rules: []\n`);
    expect((await runCli(['policy', 'check', path])).stdout).toContain('need 2 approvals and have 1 known approver');
  });

  it('knows the tools of a pack: an argument that no tool takes, and a tool without a rule', async () => {
    const pack = join(import.meta.dirname, '../../../agents/ops');
    const { exit, stdout } = await runCli(['policy', 'check', pack]);
    expect({ exit, errors: stdout.includes('error') }).toEqual({ exit: 0, errors: false });
  });
});

describe('policy test', () => {
  it('passes, fails and counts coverage', async () => {
    const path = await file('policy.yaml', reads);
    await file('policy.cases.yaml', cases);
    expect(await runCli(['policy', 'test', path, '--coverage', '100'])).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('2 cases, 0 failed; coverage 100% (rules 1/1, branches 2/2)'),
    });
    const wrong = await file('wrong.yaml', cases.replace('verdict: deny', 'verdict: ask'));
    const failed = await runCli(['policy', 'test', path, '--cases', wrong]);
    expect(failed.exit).toBe(1);
    expect(failed.stdout).toContain(`FAIL ${wrong}:2: a change`);
    expect(failed.stdout).toContain('verdict is deny, expected ask');
    const one = await file('one.yaml', cases.split('\n').slice(0, 1).join('\n'));
    expect((await runCli(['policy', 'test', path, '--cases', one, '--coverage', '100'])).exit).toBe(1);
  });

  it('writes JUnit XML that a name cannot break out of, and JSON', async () => {
    const path = await file('policy.yaml', reads);
    const named = await file('named.yaml', `- { name: "<a \\"b\\" & 'c'>", call: { tool: a }, verdict: allow }\n`);
    const junit = join(folder, 'out.xml');
    const { exit, stdout } = await runCli(['policy', 'test', path, '--cases', named, '--junit', junit, '--json']);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, passed: 0, failed: 1, coverage: { percent: 33 } });
    const xml = await readFile(junit, 'utf8');
    expect((await runCli(['policy', 'test', path, '--cases', named, '--junit', '-'])).stdout.trim()).toBe(xml.trim());
    expect(xml).toContain('<testcase name="&lt;a &quot;b&quot; &amp; &apos;c&apos;&gt;"');
    expect(xml).toContain('tests="1" failures="1"');
  });

  it('proves nothing without cases, and refuses a file of cases it cannot read', async () => {
    const path = await file('policy.yaml', reads);
    expect((await runCli(['policy', 'test', path])).exit).toBe(3);
    expect((await runCli(['policy', 'test', path, '--cases', await file('none.yaml', '[]')])).exit).toBe(1);
    const typo = await file('typo.yaml', '- { call: { tool: a, efect: read }, verdict: allow }\n');
    const { exit, stderr } = await runCli(['policy', 'test', path, '--cases', typo]);
    expect(exit).toBe(2);
    expect(stderr).toContain(`${typo}:1:22: found the key "efect"`);
    expect(stderr).toContain('did you mean "effect"?');
  });

  it('watches: runs again when a file changes, and goes on over one that does not load', async () => {
    const path = await file('policy.yaml', reads);
    await file('policy.cases.yaml', cases);
    const stop = new AbortController();
    const changes = ['version: 1\nrulez: []\n', `${reads}${rule('no', 'deny')}`];
    const result = await runCli(['policy', 'test', path, '--watch'], {
      stop: stop.signal,
      onPause: async () => {
        const next = changes.shift();
        if (next === undefined) stop.abort();
        else await writeFile(path, next);
      },
    });
    expect(result.stdout).toMatch(/2 cases, 0 failed[\s\S]*rulez[\s\S]*2 cases, 2 failed/u);
    expect(result.exit).toBe(1);
  });
});

describe('policy test, further', () => {
  it('watches the layers above and what appears later, and misses nothing that is saved while it runs', async () => {
    const path = await file('policy.yaml', reads);
    await file('policy.cases.yaml', cases);
    const org = await file('org.yaml', `${head}rules:\n${rule('all', 'allow')}`);
    const stop = new AbortController();
    const changes = [`${head}rules:\n${rule('all', 'allow')}${rule('no', 'deny')}`];
    const result = await runCli(['policy', 'test', path, '--watch', '--team', `sre=${org}`], {
      stop: stop.signal,
      onPause: async () => {
        const next = changes.shift();
        if (next === undefined) stop.abort();
        else await writeFile(org, next);
      },
    });
    expect(result.stdout).toMatch(/2 cases, 0 failed[\s\S]*2 cases, 1 failed/u);
  });

  it('says where a report cannot be written', async () => {
    const path = await file('policy.yaml', reads);
    await file('policy.cases.yaml', cases);
    const result = await runCli(['policy', 'test', path, '--junit', join(folder, 'no', 'such', 'folder.xml')]);
    expect(result).toMatchObject({ exit: 2, stderr: expect.stringContaining('expected a place that may be written') });
  });
});

describe('policy eval', () => {
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('reads no policy from what does not end', async () => {
    const { exit, stdout, stderr } = await runCli(['policy', 'check', '/dev/zero']);
    expect(exit).toBe(3);
    expect(stdout + stderr).toContain('it is no file');
  });

  it('answers each line in order, and denies what it cannot read without losing the rest', async () => {
    const path = await file('policy.yaml', reads);
    const sent = [
      '{"id":"a","tool":"t","effect":"read"}',
      'no json',
      '{"id":7,"call":{"tool":"t"},"context":{"principal":"eve"}}',
      '',
      '[1]',
      '{"tool":"t","tool":"u"}',
      '{"tool":"t","efect":"read"}',
      '{"tool":"T","effect":"read"}',
      '{"id":"z","tool":"t","effect":"read"}',
    ];
    const { exit, stdout } = await runCli(['policy', 'eval', path, '--jsonl', '-'], { stdin: sent.join('\n') });
    expect(exit).toBe(0);
    const answers = lines(stdout);
    expect(answers.map(({ line, id, verdict, rule: by }) => [line, id, verdict, by])).toEqual([
      [1, 'a', 'allow', 'reads'],
      [2, null, 'deny', 'input-invalid'],
      [3, 7, 'deny', 'no-rule-matches'],
      [4, null, 'deny', 'input-invalid'],
      [5, null, 'deny', 'input-invalid'],
      [6, null, 'deny', 'input-invalid'],
      [7, null, 'deny', 'input-invalid'],
      [8, null, 'deny', 'input-invalid'],
      [9, 'z', 'allow', 'reads'],
    ]);
    expect(answers[6]?.['error']).toBe('unknown key "efect"');
    expect(answers[7]?.['error']).toMatch(/^tool\.name: /);
    expect((await runCli(['policy', 'eval', path, '--jsonl', '-', '--strict'], { stdin: 'x' })).exit).toBe(1);
  });

  it('answers line endings of Windows, the last line without one, a huge line, and names a file that is none', async () => {
    const path = await file('policy.yaml', reads);
    const call = '{"tool":"t","effect":"read"}';
    const huge = `{"tool":"t","effect":"read","args":{"x":"${'a'.repeat(1_300_000)}"}}`;
    const calls = await file('calls.jsonl', `${call}\r\n${huge}\n\0\n\uFEFF${call}\n${call}`);
    const { exit, stdout } = await runCli(['policy', 'eval', path, '--jsonl', calls]);
    expect(exit).toBe(0);
    expect(lines(stdout).map(({ verdict, error }) => [verdict, error === null])).toEqual([
      ['allow', true],
      ['deny', expect.any(Boolean)],
      ['deny', false],
      ['deny', false],
      ['allow', true],
    ]);
    expect(await runCli(['policy', 'eval', path, '--jsonl', '-'])).toMatchObject({ exit: 0, stdout: '' });
    expect(await runCli(['policy', 'eval', path, '--jsonl', folder])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('it is a folder'),
    });
  });

  it('reads a file, bytes that are no text, and asks the layers above', async () => {
    const path = await file('policy.yaml', reads);
    const organisation = await file('org.yaml', `${head}rules:\n${rule('no', 'deny')}`);
    const calls = join(folder, 'calls.jsonl');
    await writeFile(calls, Buffer.from([...Buffer.from('{"tool":"t","effect":"read"}\n'), 0xff, 0xfe, 0x0a]));
    const { stdout } = await runCli(['policy', 'eval', path, '--jsonl', calls, '--organisation', organisation]);
    expect(lines(stdout)).toMatchObject([
      { verdict: 'deny', rule: 'organisation/no', layers: ['organisation'] },
      { verdict: 'deny', error: 'not UTF-8' },
    ]);
  });
});

describe('policy explain', () => {
  it('says of every rule why, and which layer decided', async () => {
    const path = await file(
      'policy.yaml',
      `${reads}${rule('ops', 'ask', ', environments: [staging]')}${rule('bad', 'deny', ', when: args.n > 1')}`,
    );
    const org = await file('org.yaml', `${head}rules:\n${rule('all', 'allow')}`);
    const call = '{"tool":"a","effect":"effect","args":{"n":"x"}}';
    const { exit, stdout } = await runCli(['policy', 'explain', path, '--call', call, '--organisation', org]);
    expect(exit).toBe(0);
    expect(stdout).toContain('deny a (risk medium, decided by pack)');
    expect(stdout).toMatch(/· allow reads +its condition is false: tool.effect == "read"/u);
    expect(stdout).toMatch(/· ask +ops +it is for other environments/u);
    expect(stdout).toMatch(/! deny +bad +its condition failed/u);
    expect(stdout).toMatch(/organisation: allow/u);
    await file('policy.cases.yaml', cases);
    const named = await runCli([
      'policy',
      'explain',
      path,
      '--cases',
      join(folder, 'policy.cases.yaml'),
      '--name',
      'a read',
      '--json',
    ]);
    expect(JSON.parse(named.stdout)).toMatchObject({
      tool: 'a',
      layers: [{ layer: 'pack', rules: [{ result: 'matches' }, {}, {}] }],
    });
    expect((await runCli(['policy', 'explain', path])).exit).toBe(2);
    expect((await runCli(['policy', 'explain', path, '--call', '{'])).exit).toBe(2);
  });
});

describe('policy explain of an ask', () => {
  it('says whom it would ask, and shows what others wrote with its control characters escaped', async () => {
    const path = await file('policy.yaml', `${head}rules:\n${rule('all', 'ask')}`);
    const { stdout } = await runCli(['policy', 'explain', path, '--call', '{"tool":"a"}']);
    expect(stdout).toContain('asks under "default": 1 of bob, within 10 min');
    await file('policy.cases.yaml', '- { name: "a\\u001b[2Jb", call: { tool: a }, verdict: ask }\n');
    const by = ['--cases', join(folder, 'policy.cases.yaml'), '--name', 'other'];
    const unknown = await runCli(['policy', 'explain', path, ...by]);
    expect(unknown.exit).toBe(3);
    expect(unknown.stderr).not.toContain('\u001b');
  });
});

describe('break-glass', () => {
  const terms = 'approvers: { principals: [bob] }, deadline: 10m';
  const withRole = (breakGlass: string) =>
    `version: 1\nroles: { lead: {} }\napprovals: { default: { ${terms}${breakGlass} } }\nrules:\n${rule('all', 'ask')}`;

  it('is said by explain, called looser by diff, and warned about by check', async () => {
    const before = await file('before.yaml', withRole(''));
    const after = await file('after.yaml', withRole(', breakGlass: { role: lead }'));
    const { stdout } = await runCli(['policy', 'explain', after, '--call', '{"tool":"a"}']);
    expect(stdout).toContain('or by break-glass role lead alone');
    const looser = await runCli(['policy', 'diff', before, after]);
    expect(looser.exit).toBe(3);
    expect(looser.stdout).toContain('one person may answer alone');
    expect((await runCli(['policy', 'diff', after, before])).exit).toBe(0);
    expect((await runCli(['policy', 'check', after])).exit).toBe(0);
    const strict = await runCli(['policy', 'check', after, '--strict']);
    expect(strict.exit).toBe(1);
    expect(strict.stdout + strict.stderr).toContain('one holder of role "lead" may answer alone');
  });
});

describe('policy diff', () => {
  it('exits with 3 where a verdict loosens, 0 where it tightens', async () => {
    const [loose, strict] = [
      await file('loose.yaml', `${head}rules:\n${rule('all', 'allow')}`),
      await file('strict.yaml', reads),
    ];
    const by = ['--cases', await file('cases.yaml', cases)];
    const looser = await runCli(['policy', 'diff', strict, loose, ...by]);
    expect(looser.exit).toBe(3);
    expect(looser.stdout).toMatch(/looser .*cases.yaml:2: a change: deny → allow/u);
    expect((await runCli(['policy', 'diff', loose, strict, ...by])).exit).toBe(0);
    expect((await runCli(['policy', 'diff', loose, loose])).exit).toBe(0);
    expect((await runCli(['policy', 'diff', loose, strict])).exit).toBe(3);
    const { stdout } = await runCli(['policy', 'diff', strict, loose, ...by, '--json']);
    // A file that is not there must not read as "looser", nor as "fine".
    expect((await runCli(['policy', 'diff', strict, join(folder, 'none.yaml')])).exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ loosens: true, cases: 2, flips: [{ before: 'deny', after: 'allow' }] });
  });
});

describe('policy diff, where cases do not reach', () => {
  it.each([
    ['a rule that denies is taken away', `${rule('no', 'deny', ', when: args.x == 1')}`, '', 3],
    ['a rule that allows is new', '', `${rule('more', 'allow', ', when: args.x == 1')}`, 3],
    ['a rule that denies is new', '', `${rule('no', 'deny', ', when: args.x == 1')}`, 0],
    [
      'a rule has another name',
      rule('one', 'deny', ', when: args.x == 1'),
      rule('two', 'deny', ', when: args.x == 1'),
      0,
    ],
    ['a limit is raised', 'limits: { callsPerRun: 1 }\n', 'limits: { callsPerRun: 2 }\n', 3],
    ['a limit is lowered', 'limits: { callsPerRun: 2 }\n', 'limits: { callsPerRun: 1 }\n', 0],
  ])('%s', async (_, before, after, exit) => {
    const [old, now] = [await file('old.yaml', `${reads}${before}`), await file('new.yaml', `${reads}${after}`)];
    const one = await file('cases.yaml', '- { call: { tool: a, effect: read, args: { x: 2 } }, verdict: allow }\n');
    expect((await runCli(['policy', 'diff', old, now, '--cases', one])).exit).toBe(exit);
  });
});

describe('policy fmt', () => {
  it('changes all files or none, keeps mode and links, and leaves cases alone', async () => {
    const untidy = `rules:\n${rule('a', 'deny')}version:   1\n`;
    const [path, bad] = [await file('policy.yaml', untidy), await file('bad.yaml', 'version: 1\nversion: 1\n')];
    const own = await file('policy.cases.yaml', cases);
    expect((await runCli(['policy', 'fmt', path, bad])).exit).toBe(2);
    expect(await readFile(path, 'utf8')).toBe(untidy);
    await chmod(path, 0o640);
    const link = join(folder, 'link.yaml');
    await symlink(path, link);
    expect((await runCli(['policy', 'fmt', link, own])).exit).toBe(0);
    expect(await readFile(path, 'utf8')).toMatch(/^version: 1\nrules:/u);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await lstat(path)).mode & 0o777).toBe(0o640);
    expect(await readFile(own, 'utf8')).toBe(cases);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('writes one form, keeps comments and meaning, and says what differs under --check', async () => {
    const path = await file('policy.yaml', `rules:\n${rule('a', 'deny')}# why\nversion:   1\n`);
    expect((await runCli(['policy', 'fmt', path, '--check'])).exit).toBe(1);
    expect((await runCli(['policy', 'fmt', path])).exit).toBe(0);
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(/^# why\nversion: 1\nrules:/u);
    expect((await runCli(['policy', 'fmt', path, '--check'])).exit).toBe(0);
  });
});
