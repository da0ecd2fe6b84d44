import { describe, expect, it } from 'vitest';
import { decideByPolicy, evaluatePolicy } from '../../../policy/index.ts';
import { type CallChanges, call, loaded, oneRule, problemsOf } from './policy-fixtures.ts';

function verdictFor(when: string, changes: CallChanges = {}): string {
  const verdict = evaluatePolicy(oneRule('allow', when), call(changes));
  return verdict.rules[0]?.id === 'condition-error' ? 'condition-error' : verdict.verdict;
}

function refusalOf(when: string): string {
  return problemsOf(
    JSON.stringify({ version: 1, rules: [{ id: 'a', reason: 'r', effect: 'allow', tools: ['*'], when }] }),
  ).join('\n');
}

describe('a condition reads', () => {
  it.each([
    ['principal.id == "alice"', {}],
    ['"operator" in principal.roles', { principal: { roles: ['operator'] } }],
    ['onBehalfOf == "carol"', { onBehalfOf: 'carol' }],
    ['onBehalfOf == ""', {}],
    ['tool.name == "read_logs" && tool.effect == "read" && tool.risk == "low"', {}],
    ['"pii" in tool.tags', { tool: { tags: ['pii'] } }],
    ['args.replicas > 3', { args: { replicas: 4 } }],
    ['args.ratio == 0.5', { args: { ratio: 0.5 } }],
    ['args.replicas == 4', { args: { replicas: 4.0 } }],
    ['args.deep.list[0].name == "x"', { args: { deep: { list: [{ name: 'x' }] } } }],
    ['args.nothing == null', { args: { nothing: null } }],
    ['!has(args.replicas)', {}],
    ['run.agent == "ops" && run.turn == 1 && run.calls == 0 && !run.dryRun && run.epoch == 0', {}],
    ['environment == "production"', {}],
    ['"untrusted" in labels.context', { labels: ['untrusted'] }],
    [
      'findings.exists(f, f.guard == "secrets" && f.severity == "high")',
      { findings: [{ guard: 'secrets', severity: 'high' }] },
    ],
    ['denials == 2', { denials: 2 }],
    ['timestamp(now / 1000).getHours() == 14', { now: Date.UTC(2026, 0, 1, 14, 30) }],
    ['args.names.all(n, n.startsWith("a"))', { args: { names: ['ab', 'ac'] } }],
  ])('%s', (when, changes) => {
    expect(verdictFor(when, changes as CallChanges)).toBe('allow');
  });
});

describe('a condition that fails denies', () => {
  it.each([
    ['a missing argument', 'args.missing == "x"', {}],
    ['another type', 'args.count > 3', { args: { count: 'many' } }],
    ['neither true nor false', 'args.flag', { args: { flag: 'yes' } }],
    ['a pattern on a number', "re2(args.n, '^1')", { args: { n: 1 } }],
    ['an index out of range', 'args.list[3] == 1', { args: { list: [1] } }],
    ['a prototype name', 'args.constructor == "x"', {}],
    ['a prototype method', 'args.toString == "x"', {}],
    ['a division by zero', '1 / args.n == 1', { args: { n: 0 } }],
  ])('on %s', (_, when, changes) => {
    expect(verdictFor(when, changes as CallChanges)).toBe('condition-error');
  });

  it('naming the rule and the place, never the argument', () => {
    const verdict = evaluatePolicy(oneRule('allow', 'bool(args.flag)'), call({ args: { flag: 'canary-value' } }));
    expect(verdict).toMatchObject({ verdict: 'deny', rules: [{ id: 'condition-error', effect: 'deny' }] });
    expect(verdict.reasons[0]).toBe('The condition of rule "only" failed: bool conversion error at "bool(args.flag)"');
  });

  it('even when another rule would allow', () => {
    const policy = loaded(
      'version: 1\nrules:\n  - { id: yes, reason: r, effect: allow, tools: ["*"] }\n  - { id: broken, reason: r, effect: allow, tools: ["*"], when: args.x == 1 }',
    );
    expect(evaluatePolicy(policy, call()).verdict).toBe('deny');
  });

  it('in a rule that would deny, too', () => {
    const policy = loaded(
      'version: 1\nrules:\n  - { id: yes, reason: r, effect: allow, tools: ["*"] }\n  - { id: no, reason: r, effect: deny, tools: ["*"], when: args.path.startsWith("/etc") }',
    );
    expect(evaluatePolicy(policy, call({ args: { path: 7 } })).verdict).toBe('deny');
    expect(evaluatePolicy(policy, call({ args: { path: '/tmp' } })).verdict).toBe('allow');
  });

  it('but not in a rule for another tool', () => {
    const policy = loaded(
      'version: 1\nrules:\n  - { id: yes, reason: r, effect: allow, tools: ["*"] }\n  - { id: other, reason: r, effect: deny, tools: [other], when: args.x == 1 }',
    );
    expect(evaluatePolicy(policy, call()).verdict).toBe('allow');
  });
});

describe('a policy is refused for a condition', () => {
  it.each([
    ['with an unknown variable', 'enviroment == "x"', 'did you mean "environment"?'],
    ['with an unknown field', 'run.trun == 1', 'did you mean "turn"?'],
    ['with an unknown field of a finding', 'findings.exists(f, f.severty == "x")', 'did you mean "severity"?'],
    ['with an unknown function', 'lenght(labels.context) == 1', 'found the unknown function "lenght"'],
    ['with an unknown method', 'args.s.startWith("x")', 'did you mean "startsWith"?'],
    ['with the native matches', 'args.s.matches("^(a+)+$")', "write re2(value, 'pattern')"],
    [
      'with the native matches inside a loop',
      'labels.context.exists(l, l.matches("a"))',
      "write re2(value, 'pattern')",
    ],
    ['with the native matches inside a list', '[args.s.matches("a")][0]', "write re2(value, 'pattern')"],
    [
      'with the native matches behind a ternary',
      'true ? {"k": args.s.matches("a")}["k"] : false',
      "write re2(value, 'pattern')",
    ],
    ['with a bound variable', 'cel.bind(x, args.s, x == "a")', 'unknown'],
    ['with a computed pattern', 're2(args.s, args.p)', 'found a computed pattern in re2()'],
    ['with an assembled pattern', "re2(args.s, 'a' + 'b')", 'found a computed pattern in re2()'],
    ['with a broken pattern', "re2(args.s, '(')", 'missing closing )'],
    ['with a backreference', String.raw`re2(args.s, r'(a)\1')`, 'invalid escape sequence'],
    ['with a pattern that explodes', "re2(args.s, '((a{1000}){1000})')", 'invalid repeat count'],
    ['with a computed glob', 'glob(args.s, args.p)', 'found a computed pattern in glob()'],
    ['with a time zone', 'timestamp(1).getHours("Europe/Berlin") == 1', 'timestamps are read in UTC'],
    [
      'with three loops in one another',
      'labels.context.all(a, labels.context.all(b, labels.context.all(c, a == b && b == c)))',
      'at most 2 loops',
    ],
    ['that is no truth value', 'size(labels.context)', 'found a condition that gives int'],
    ['with text where a number is needed', 'run.turn > "x"', 'the types int > string'],
    ['that does not parse', 'run.turn >', 'expected something after the last sign'],
    ['that is empty', '', 'a length of at least 1'],
    ['that nests too deeply', `${'('.repeat(200)}true${')'.repeat(200)}`, 'expected a condition in CEL'],
    ['that is too long', `true${' || true'.repeat(400)}`, 'at most 2000'],
  ])('%s', (_, when, expected) => {
    expect(refusalOf(when)).toContain(expected);
  });

  it('written as a YAML value instead of text', () => {
    expect(
      problemsOf('version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], when: true }]')[0],
    ).toContain('found the value true, expected text; quote it');
  });
});

describe('re2 and glob', () => {
  it('answer the catastrophic pattern on a long text, in RE2 and not by backtracking', () => {
    expect(verdictFor("re2(args.s, '^(a+)+$')", { args: { s: `${'a'.repeat(100_000)}!` } })).toBe('deny');
    expect(verdictFor("re2(args.s, '^(a+)+$')", { args: { s: 'a'.repeat(100_000) } })).toBe('allow');
    expect(verdictFor("glob(args.s, '*a*a*a*a*a*a*a*a*b')", { args: { s: 'a'.repeat(100_000) } })).toBe('deny');
  });

  it('fail on a text that is too long, also where "||" would swallow the failure', () => {
    const args = { s: 'a'.repeat(300_000) };
    expect(verdictFor("re2(args.s, 'b')", { args })).toBe('condition-error');
    expect(verdictFor("re2(args.s, 'b') || true", { args })).toBe('condition-error');
    expect(verdictFor("!(re2(args.s, 'b') && false)", { args })).toBe('condition-error');
  });

  it('fail when a loop scans too much', () => {
    const args = { s: 'a'.repeat(200_000), list: Array.from({ length: 40 }, (_, index) => index) };
    expect(verdictFor("args.list.exists(i, re2(args.s, 'b')) || true", { args })).toBe('condition-error');
  });

  it.each([
    ['/repo/config/.env', '**/*.env', true],
    ['.env', '**/*.env', true],
    ['/repo/a.md', '/repo/*.md', true],
    ['/repo/x/a.md', '/repo/*.md', false],
    ['/repo/x/y/a.md', '/repo/**/*.md', true],
    ['/repo/a.md', '/repo/**/*.md', true],
    ['/repoX/a.md', '/repo/**/*.md', false],
    ['/evil/repo/a.md', '/repo/*.md', false],
    ['x\ny/c.env', '**/*.env', true],
    ['api.example.com', '*.example.com', true],
    ['evilexample.com', '*.example.com', false],
    ['a+b', 'a+b', true],
    ['aab', 'a+b', false],
    ['axb', 'a?b', true],
    ['a/b', 'a?b', false],
    ['x\ny.md', '*.md', true],
    ['a.md\nb', '*.md', false],
    ['ä.md', '?.md', true],
    ['😀.md', '?.md', true],
    ['a.mdx', '*.md', false],
    ['[a]', '[a]', true],
    ['a', '[a]', false],
  ])('glob("%s", "%s") is %s', (value, pattern, expected) => {
    expect(verdictFor(`glob(args.s, '${pattern}')`, { args: { s: value } })).toBe(expected ? 'allow' : 'deny');
  });
});

describe('loops', () => {
  it('are cut off after a bounded number of turns', () => {
    const list = Array.from({ length: 1000 }, (_, index) => index);
    expect(verdictFor('args.list.all(a, args.list.all(b, a != -1 && b != -1))', { args: { list } })).toBe(
      'condition-error',
    );
    expect(verdictFor('args.list.exists(a, args.list.exists(b, a == -1 || b == -1)) || true', { args: { list } })).toBe(
      'condition-error',
    );
    expect(verdictFor('size(args.list.map(a, args.list.filter(b, a == b))) >= 0', { args: { list } })).toBe(
      'condition-error',
    );
    expect(verdictFor('args.list.exists_one(a, args.list.exists_one(b, b == a))', { args: { list } })).toBe(
      'condition-error',
    );
    expect(verdictFor('args.list.all(a, a >= 0)', { args: { list } })).toBe('allow');
  });

  it.each([
    'args.list.all(a, args.text.split(",").size() > 0)',
    'args.list.all(a, !args.text.contains(a))',
    'args.list.all(a, !(a in args.other))',
    'args.list.all(a, args.list + args.other != args.list)',
    'args.list.map(a, args.text).join("").size() > 0',
    'args.list.all(a, string(args.text) != a)',
    'args.list.exists(a, args.text.lowerAscii() == a) || true',
  ])('are cut off when what they compare, search and split is too much: %s', (when) => {
    const list = Array.from({ length: 20_000 }, (_, index) => `z${index}`);
    const args = { list, other: list.map((text) => `y${text}`), text: 'y,'.repeat(40_000) };
    expect(verdictFor(when, { args })).toBe('condition-error');
  });

  it('read arguments of ordinary size as often as they have elements', () => {
    const list = Array.from({ length: 3000 }, (_, index) => `user${index}@example.com`);
    expect(verdictFor('args.to.all(a, a.lowerAscii().endsWith("@example.com"))', { args: { to: list } })).toBe('allow');
    const text = { args: { to: list.join(', ') } };
    expect(verdictFor('args.to.split(",").all(a, a.trim().endsWith("@example.com"))', text)).toBe('allow');
  });

  it('have their whole allowance again for the next rule, so that order never matters', () => {
    const list = Array.from({ length: 60_000 }, (_, index) => index);
    const when = 'args.list.all(a, a >= 0)';
    const policy = loaded(
      JSON.stringify({
        version: 1,
        rules: ['a', 'b', 'c'].map((id) => ({ id, reason: 'r', effect: 'allow', tools: ['*'], when })),
      }),
    );
    expect(evaluatePolicy(policy, call({ args: { list } })).verdict).toBe('allow');
  });
});

describe('a call that a policy cannot judge is denied', () => {
  const policy = oneRule('allow', 'args == args');
  it.each([
    ['arguments with a whole number beyond 2^53', call({ args: { n: 2 ** 60 } })],
    ['arguments that are nested too deeply', call({ args: nested(100) })],
    ['arguments that are no JSON', call({ args: { f: () => 1 } })],
    ['arguments that are a Map', { ...call(), args: new Map([['a', 1]]) as unknown as Record<string, unknown> }],
    ['arguments that are a list', { ...call(), args: [] as unknown as Record<string, unknown> }],
    ['no arguments', { ...call(), args: null as unknown as Record<string, unknown> }],
    ['a tool name with capitals', call({ tool: { name: 'Bash' } })],
    ['a tool name with a look-alike letter', call({ tool: { name: 'd\u0435lete_db' } })],
    ['a blank tool name', call({ tool: { name: ' ' } })],
    ['an unknown effect class', call({ tool: { effect: 'harmless' as 'read' } })],
    ['no principal', call({ principal: { id: '' } })],
    ['a negative number of denials', call({ denials: -1 })],
  ])('%s', (_, input) => {
    const verdict = evaluatePolicy(policy, input);
    expect(verdict.verdict).toBe('deny');
    expect(['input-invalid', 'policy-fault']).toContain(verdict.rules[0]?.id);
  });
});

/** Each of them looks like `delete_db` to a reader, in a terminal or in a card. */
const lookAlikes: [string, string][] = [
  ['a Cyrillic letter', 'd\u0435lete_db'],
  ['a Greek letter', 'delete_d\u03B2'],
  ['a full-width letter', '\uFF44elete_db'],
  ['a mathematical letter', '\u{1D41D}elete_db'],
  ['a letter with a combining mark', 'de\u0301lete_db'],
  ['a zero-width space', 'delete\u200B_db'],
  ['a zero-width joiner', 'delete\u200D_db'],
  ['a soft hyphen', 'dele\u00ADte_db'],
  ['a byte order mark', '\uFEFFdelete_db'],
  ['text that runs the other way', '\u202Ebd_eteled'],
  ['a variation selector', 'delete_db\uFE0F'],
  ['a tag character', 'delete_db\u{E0061}'],
  ['another underline', 'delete\uFF3Fdb'],
  ['a capital', 'Delete_db'],
  ['a digit for a letter at its head', '0elete_db'],
  ['a space behind it', 'delete_db '],
  ['a line end behind it', 'delete_db\n'],
  ['a NUL behind it', 'delete_db\0'],
];

describe('a tool name that looks like another', () => {
  const open = loaded(`version: 1
rules: [{ id: all, reason: r, effect: allow, tools: ["*", "delete_??", "?elete_db"] }]
require: { approval: [critical] }
approvals: { default: { approvers: { principals: [bob] }, deadline: 10m } }
tools: { "*": { risk: low } }
labels: { untrusted: allow }`);

  it.each(lookAlikes)('by %s is no call, also where every name is allowed', (_, name) => {
    expect(decideByPolicy(open, call({ tool: { name: 'delete_db' } })).verdict).toBe('allow');
    const verdict = decideByPolicy(open, call({ tool: { name } }));
    expect(verdict).toMatchObject({ verdict: 'deny', rules: [{ id: 'input-invalid' }] });
  });

  it.each(lookAlikes)('by %s is no name for a policy either, in a rule, a limit or a list', (_, name) => {
    const of = JSON.stringify(name);
    for (const text of [
      `version: 1\nrules: [{ id: a, reason: r, effect: deny, tools: [${of}] }]`,
      `version: 1\nrules: []\ntools: { ${of}: { risk: critical } }`,
      `version: 1\nrules: []\nblocked: { tools: [${of}] }`,
      `version: 1\nrules: []\nallowlists: { hosts: [{ tools: [${of}], argument: url, allow: [example.com] }] }`,
    ]) {
      expect(problemsOf(text).length).toBeGreaterThan(0);
    }
  });
});

function nested(depth: number): Record<string, unknown> {
  return depth === 0 ? {} : { inner: nested(depth - 1) };
}
