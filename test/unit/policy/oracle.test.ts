/**
 * Conditions against another implementation of CEL on generated expressions: ours may fail or be refused where the other
 * answers, and that denies; where both answer, they agree; ours never says true where the other says false or fails.
 */
import { celEnv, parse, plan } from '@bufbuild/cel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideByPolicy, evaluatePolicy, loadPolicy } from '../../../policy/index.ts';
import { readCases } from '../../../policy/cases/index.ts';
import { call } from './policy-fixtures.ts';

const args = { n: 3, m: -7, s: 'abc', t: 'ab', flag: true, list: ['a', 'abc', ''], nothing: null };
const number = fc.oneof(
  fc.constantFrom('args.n', 'args.m', 'size(args.s)', 'size(args.list)', 'args.missing', 'run.turn'),
  fc.integer({ min: -9, max: 9 }).map((value) => (value < 0 ? `(${value})` : String(value))),
);
const text = fc.constantFrom(
  'args.s',
  'args.t',
  '"abc"',
  '""',
  'args.list[1]',
  'args.list[9]',
  'args.n',
  'environment',
);
const { expression } = fc.letrec<{ expression: string; sum: string }>((tie) => ({
  sum: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/', '%'), tie('sum')).map(([a, o, b]) => `(${a} ${o} ${b})`),
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(tie('sum'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('sum'))
      .map(([a, o, b]) => `${a} ${o} ${b}`),
    fc.tuple(text, fc.constantFrom('==', '!=', '<', '>'), text).map(([a, o, b]) => `${a} ${o} ${b}`),
    fc.tuple(text, fc.constantFrom('contains', 'startsWith', 'endsWith'), text).map(([a, o, b]) => `${a}.${o}(${b})`),
    fc.constantFrom(
      'args.flag',
      'has(args.s)',
      'has(args.missing)',
      '"a" in args.list',
      'args.nothing == null',
      'args.flag == args.n',
    ),
    fc
      .tuple(fc.constantFrom('all', 'exists', 'exists_one'), text)
      .map(([macro, value]) => `args.list.${macro}(x, x == ${value})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
      .map(([a, o, b]) => `(${a}) ${o} (${b})`),
    tie('expression').map((a) => `!(${a})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
  ),
}));

const environment = celEnv();
function theirs(when: string): unknown {
  try {
    const result: unknown = plan(
      environment,
      parse(when),
    )({
      args: { ...args, n: BigInt(args.n), m: BigInt(args.m) },
      run: { turn: 1n },
      environment: 'production',
    });
    return typeof result === 'boolean' ? result : 'failed';
  } catch {
    return 'failed';
  }
}
function ours(when: string): unknown {
  const text = JSON.stringify({
    version: 1,
    rules: [{ id: 'only', reason: 'r', effect: 'allow', tools: ['*'], when }],
  });
  const loaded = loadPolicy(text, 'f');
  if (loaded.kind === 'invalid') return 'refused';
  const { verdict, rules } = evaluatePolicy(loaded.policy, call({ args }));
  if (rules[0]?.id === 'condition-error') return 'failed';
  return verdict === 'allow';
}

describe('conditions and another CEL', () => {
  it('agree wherever both answer, and ours is never the one that allows alone (property)', () => {
    let both = 0;
    fc.assert(
      fc.property(expression, (when) => {
        const [own, other] = [ours(when), theirs(when)];
        const answers = typeof own === 'boolean';
        both += answers && typeof other === 'boolean' ? 1 : 0;
        expect([when, answers ? own : other]).toEqual([when, other]);
      }),
      { numRuns: 700 },
    );
    expect(both).toBeGreaterThan(150);
  });
});

describe('fuzz', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const word = fc.constantFrom(
    'version',
    'rules',
    'id',
    'effect',
    'tools',
    'when',
    'allow',
    '*',
    'reason',
    'limits',
    'roles',
    'x',
    '1',
    '- ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '\n',
    '  ',
    '"',
    '&a',
    '*a',
    '!!js',
    '# ',
    '\u0000',
    '\u202e',
  );
  it('the loader answers any text with a policy or with problems, and never throws (property)', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
          json.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const told = [loadPolicy(text, 'f'), readCases(text, 'f')].map((read) =>
            read.kind === 'invalid' ? read.problems.length > 0 : ['policy', 'cases'].includes(read.kind),
          );
          expect(told).toEqual([true, true]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('what is not a call is denied, whatever it is (property)', () => {
    const open = loadPolicy('version: 1\nrules: [{ id: all, reason: r, effect: allow, tools: ["*"] }]', 'f');
    if (open.kind === 'invalid') throw new Error('it does not load');
    const { policy } = open;
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }), (value) => {
        expect(decideByPolicy(policy, value as never).verdict).toBe('deny');
        const broken = decideByPolicy(policy, { ...call(), args: value } as never).verdict;
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
        expect(isObject ? ['allow', 'deny'] : ['deny']).toContain(broken);
      }),
      { numRuns: 300 },
    );
  });
});
