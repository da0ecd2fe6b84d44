import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultTerms, loadPolicy } from '../../../policy/index.ts';
import { loaded, problemsOf, someApprover } from './policy-fixtures.ts';

const rule = '{ id: a, reason: r, effect: allow, tools: ["*"] }';

describe('loadPolicy refuses a file', () => {
  it.each([
    [
      'is empty',
      '',
      'policy.yaml:1:1: found nothing, expected a policy with "version" and "rules"; write "version: 1"',
    ],
    ['has comments only', '# later\n', 'policy.yaml:1:1: found nothing, expected a policy with "version" and "rules"'],
    [
      'is cut off, in all the words of the parser',
      'version: 1\nrules: [',
      '("Flow sequence in block collection must be sufficiently indented and end with a ]")',
    ],
    ['has no version', 'rules: []', 'policy.yaml:1:1: found no key "version", expected 1; add "version:"'],
    [
      'has another version',
      'version: 2\nrules: []',
      'policy.yaml:1:10: found the number 2, expected 1; correct the value',
    ],
    ['has no rules', 'version: 1', 'policy.yaml:1:1: found no key "rules", expected a list; add "rules:"'],
    ['mistypes a part', 'version: 1\nrules: []\nlimts: {}', '3:1: found the key "limts"'],
    ['mistypes a part, with advice', 'version: 1\nrules: []\nlimts: {}', 'did you mean "limits"?'],
    [
      'mistypes a key of a rule',
      `version: 1\nrules: [{ id: a, reason: r, effect: allow, tool: ["*"] }]`,
      'did you mean "tools"?',
    ],
    [
      'mistypes an effect',
      `version: 1\nrules: [{ id: a, reason: r, effect: aks, tools: ["*"] }]`,
      'did you mean "ask"?',
    ],
    [
      'mistypes a role',
      `version: 1\nroles: { operator: {} }\nprincipals: { bob: [operater] }\nrules: []`,
      '3:21: found the role "operater", expected a role declared under "roles"; did you mean "operator"?',
    ],
    [
      'writes a key twice and another that there is not',
      'version: 1\nversion: 1\nrules: []\nfoo: 1',
      '4:1: found the key "foo"',
    ],
    ['writes a key twice', 'version: 1\nversion: 1\nrules: []', '2:1: found the same key twice'],
    [
      'writes a key twice inside a rule',
      'version: 1\nrules:\n  - { id: a, reason: r, effect: deny, effect: allow, tools: ["*"] }',
      '3:39: found the same key twice',
    ],
    ['has an anchor', 'version: 1\nrules: &r []', 'found an anchor ("&")'],
    ['has an alias', 'version: 1\nlimits: &r {}\nrules: *r', '3:8: found an alias ("*")'],
    ['has a tag', 'version: 1\nrules: !!seq []', 'found a YAML tag'],
    ['has an unknown tag', 'version: 1\nrules: !evil []', 'found a YAML tag'],
    ['has a directive', '%YAML 1.1\n---\nversion: 1\nrules: []', 'found a YAML directive'],
    ['has a second document', `version: 1\nrules: []\n---\nversion: 1\nrules: [${rule}]`, 'found a second document'],
    ['has a merge key', 'version: 1\nrules: []\n<<: { limits: {} }', 'found the key "<<"'],
    ['has a key that is no text', 'version: 1\nrules: []\n1: x', '3:1: found a key that is not plain text'],
    ['has a prototype key', 'version: 1\nrules: []\n__proto__: {}', 'found the reserved key "__proto__"'],
    [
      'has an inexact number',
      'version: 1\nrules: []\nlimits: { turns: 99999999999999999999 }',
      'found a number beyond exact range',
    ],
    ['hides text direction', 'version: 1\nrules: [] # \u202e', '2:13: found the invisible character U+202e'],
    [
      'hides a zero-width space',
      `version: 1\nrules: [{ id: a, reason: "r\u200b", effect: allow, tools: ["*"] }]`,
      'U+200b',
    ],
    [
      'asks and has no default terms',
      'version: 1\nrules: [{ id: a, reason: r, effect: ask, tools: ["*"] }]',
      'without "approvals.default"',
    ],
    [
      'names undeclared terms',
      `version: 1\nrules: [{ id: a, reason: r, effect: ask, tools: ["*"], approval: defalt }]\n${someApprover}`,
      'did you mean "default"?',
    ],
    [
      'has terms without approvers',
      'version: 1\nrules: []\napprovals: { default: { approvers: {}, deadline: 1m } }',
      'found no approvers',
    ],
    [
      'has a deadline without unit',
      'version: 1\nrules: []\napprovals: { default: { approvers: { principals: [b] }, deadline: "10" } }',
      'a duration such as',
    ],
    ['uses a rule id twice', `version: 1\nrules: [${rule}, ${rule}]`, 'found the rule id "a" a second time'],
    [
      'uses an id of the engine',
      'version: 1\nrules: [{ id: no-rule-matches, reason: r, effect: allow, tools: ["*"] }]',
      'an id that the engine does not use itself',
    ],
    [
      'inherits in a circle',
      'version: 1\nrules: []\nroles: { a: { inherits: [b] }, b: { inherits: [a] } }',
      'which inherits itself',
    ],
    [
      'gives a denying rule terms',
      `version: 1\nrules: [{ id: a, reason: r, effect: deny, tools: ["*"], approval: default }]\n${someApprover}`,
      '"approval" on a rule that denies',
    ],
    [
      'gives an asking rule labels',
      `version: 1\nrules: [{ id: a, reason: r, effect: ask, tools: ["*"], labels: { untrusted: allow } }]\n${someApprover}`,
      '"labels" on a rule that asks',
    ],
    [
      'has an empty list of roles',
      'version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], roles: [] }]',
      'a number of entries of at least 1',
    ],
    [
      'has a rule without tools',
      'version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: [] }]',
      'a number of entries of at least 1',
    ],
    ['is nested too deeply', `version: ${'['.repeat(30)}${']'.repeat(30)}`, 'found deeper nesting'],
    ['exhausts the parser', '['.repeat(50_000), 'YAML that does not parse'],
    ['is too long', `# ${'x'.repeat(1_000_001)}`, 'at most 1000000'],
  ])('that %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('with all that is wrong, sorted by line', () => {
    const problems = problemsOf(
      [
        'version: 2',
        'rolls: {}',
        'rules:',
        '  - { id: Bad, reason: r, effect: allow, tools: ["*"], when: foo == 1 }',
        '  - { id: b, effect: ask, tools: [Bash], roles: [nobody] }',
      ].join('\n'),
    );
    expect(problems.map((problem) => problem.split(': found')[0])).toEqual([
      'policy.yaml:1:10',
      'policy.yaml:2:1',
      'policy.yaml:4:11',
      'policy.yaml:4:62',
      'policy.yaml:5:5',
      'policy.yaml:5:22',
      'policy.yaml:5:35',
      'policy.yaml:5:50',
    ]);
  });

  it('with all that is wrong of its shape, its references and its conditions at once', () => {
    const problems = problemsOf(`version: 1
roles: { operator: { inherits: [operater] } }
limits: { callsPerRun: -1, runTime: 4 hours }
require: { approval: hihg, terms: tow }
guards: { shell: { off: true }, url: { hihg: deny }, paths: 7, secrets: { off: false, acknowledge: x } }
prices: { m: { input: x } }
approvals: { default: 5 }
rules:
  - { id: a, reason: r, effect: ask, tools: ["*"], roles: [admn] }
  - 7
  - { id: a, reason: r, effect: allow, tools: ["*"], when: foo(1) }
`);
    expect(problems.map((line) => line.replace(/^policy\.yaml:/u, '').split('; ')[0])).toEqual([
      '2:33: found the role "operater", expected a role declared under "roles"',
      '3:24: found the number -1, expected a value of at least 1',
      '3:37: found the text "4 hours", expected a duration such as 90s, 10m, 1h30m or 2d, from 1ms to 366d',
      '4:22: found the text "hihg", expected all, or a list',
      '5:20: found the key "off" in a form that does not have it, expected "off: true" with "acknowledge", or verdicts by severity',
      '5:40: found the key "hihg", expected one of off, acknowledge, info, low, medium, high, critical, block',
      '5:61: found the number 7, expected a map',
      '5:75: found the key "off" in a form that does not have it, expected "off: true" with "acknowledge", or verdicts by severity',
      '6:14: found no key "output", expected a number',
      '6:23: found the text "x", expected a number',
      '7:23: found the number 5, expected a map',
      '9:60: found the role "admn", expected a role declared under "roles"',
      '10:5: found the number 7, expected a map',
      '11:11: found the rule id "a" a second time, expected each rule id once',
      expect.stringMatching(/^11:60: found the unknown function "foo"/u),
    ]);
  });

  it('and points into a condition, also of several lines', () => {
    const text = [
      'version: 1',
      'rules:',
      '  - id: a',
      '    reason: r',
      '    effect: allow',
      '    tools: ["*"]',
      '    when: |',
      '      now > 1 &&',
      '      principal.nam == "x"',
    ];
    expect(problemsOf(text.join('\n'))).toEqual([
      'policy.yaml:9:17: found the unknown field "nam", expected a field that this variable has; did you mean "name"?',
    ]);
  });

  it('with a message in the form that every error has', () => {
    const result = loadPolicy('version: 2\nrules: []', 'team/policy.yaml');
    expect(result).toMatchObject({
      kind: 'invalid',
      problems: [
        {
          file: 'team/policy.yaml',
          line: 1,
          column: 10,
          path: 'version',
          message: 'Cannot load policy "team/policy.yaml:1:10": found the number 2, expected 1; correct the value',
        },
      ],
    });
  });
});

describe('loadPolicy', () => {
  it('reads durations into milliseconds and fills in what the terms leave out', () => {
    const policy = loaded(
      'version: 1\nrules: []\napprovals: { default: { approvers: { principals: [bob] }, deadline: 1h30m } }',
    );
    expect(defaultTerms(policy)).toEqual({
      name: 'default',
      approvers: { roles: [], principals: ['bob'] },
      quorum: 1,
      stepUpFrom: 'critical',
      deadlineMs: 5_400_000,
      executeWithinMs: 900_000,
      requesterMayApprove: false,
      reasonRequired: false,
    });
  });

  it('names the roles that inherit an approver role in the terms', () => {
    const policy = loaded(
      'version: 1\nrules: []\nroles: { a: {}, b: { inherits: [a] }, c: { inherits: [b] }, d: {} }\napprovals: { default: { approvers: { roles: [b] }, deadline: 1m } }',
    );
    expect(defaultTerms(policy)?.approvers.roles).toEqual(['b', 'c']);
  });

  it('has no default terms when the policy has none', () => {
    expect(defaultTerms(loaded('version: 1\nrules: []'))).toBeUndefined();
  });

  it('leaves the end of refusals in a row to the agent when it does not say', () => {
    expect(loaded('version: 1\nrules: []').limits.refusalsInARow).toBeUndefined();
  });

  it('gives digest bytes that ignore comments, order of keys and layout', () => {
    const a = loadPolicy('version: 1\nrules: []\nlimits: { turns: 3, callsPerRun: 4 }', 'a');
    const b = loadPolicy('# words\nlimits:\n  callsPerRun: 4\n  turns: 3\nrules: []\nversion: 1\n', 'b');
    expect(a).toMatchObject({
      kind: 'policy',
      digestBytes: '{"limits":{"callsPerRun":4,"turns":3},"rules":[],"version":1}',
    });
    expect(b).toMatchObject({ digestBytes: a.kind === 'policy' ? a.digestBytes : '' });
  });

  it('gives digest bytes that load to the same policy', () => {
    const text = `version: 1\nrules: [${rule}]\n${someApprover}`;
    const first = loadPolicy(text, 'a');
    if (first.kind !== 'policy') throw new Error('the policy must load');
    expect(loadPolicy(first.digestBytes, 'b')).toMatchObject({ kind: 'policy', digestBytes: first.digestBytes });
  });

  it('never throws on arbitrary text', () => {
    const yamlLike = fc.array(
      fc.constantFrom(
        'version: 1',
        'rules:',
        ' - ',
        '{',
        '}',
        '[',
        ']',
        '&a',
        '*a',
        '!!',
        '? ',
        ': ',
        '|',
        '>',
        '\n',
        '"',
        "'",
        '%',
        '---',
        'when: ',
        'a.b(',
        '#',
        '\t',
        '\u0000',
        '<<',
      ),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          yamlLike.map((parts) => parts.join('')),
        ),
        (text) => {
          expect(['policy', 'invalid']).toContain(loadPolicy(text, 'f').kind);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('never throws on arbitrary data in the place of any part', () => {
    const part = fc.constantFrom(
      'version',
      'rules',
      'roles',
      'principals',
      'tools',
      'limits',
      'approvals',
      'labels',
      'x',
    );
    fc.assert(
      fc.property(fc.dictionary(part, fc.jsonValue()), (parts) => {
        const result = loadPolicy(JSON.stringify({ version: 1, rules: [], ...parts }), 'f');
        expect(result.kind === 'policy' || result.problems.length > 0).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
