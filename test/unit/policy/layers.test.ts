/** Nothing is allowed that any version of any layer refuses, in whatever order they are asked: over generated policies and calls. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comparePolicies,
  decideByLayers,
  decideByPolicy,
  type LayerPolicy,
  loadPolicy,
  mayBeLooser,
  type PolicyInput,
} from '../../../policy/index.ts';
import type { PolicySource } from '../../../policy/schema.ts';
import { call, loaded } from './policy-fixtures.ts';

const order = ['allow', 'ask', 'deny'];
const tools = ['read_logs', 'restart_service', 'delete_database'];
const conditions = [
  undefined,
  'tool.effect == "read"',
  'args.n < 5',
  'principal.id == "alice"',
  'args.missing == 1',
  'run.calls < 2',
  '"untrusted" in labels.context',
];
const rule = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  effect: fc.constantFrom('allow', 'allow', 'ask', 'deny'),
  tools: fc.subarray(['*', '*_service', ...tools], { minLength: 1 }),
  when: fc.constantFrom(...conditions),
  untrusted: fc.boolean(),
});
const source = fc
  .record({
    rules: fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 4 }),
    limit: fc.constantFrom(undefined, 2, 5),
    blocked: fc.constantFrom(undefined, 'alice', 'restart_*'),
    require: fc.constantFrom(undefined, 'all', ['high', 'critical']),
    quorum: fc.constantFrom(1, 2),
    guard: fc.constantFrom(undefined, 'allow', 'deny'),
  })
  .map(({ rules, limit, blocked, require, quorum, guard }): PolicySource => {
    return {
      version: 1,
      rules: rules.map(({ id, effect, tools: names, when, untrusted }) => ({
        id,
        reason: 'r',
        effect: effect as 'allow',
        tools: names,
        ...(when === undefined ? {} : { when }),
        ...(untrusted && effect === 'allow' ? { labels: { untrusted: 'allow' as const } } : {}),
      })),
      approvals: { default: { approvers: { principals: ['bob', 'carol'] }, deadline: '10m', quorum } },
      ...(limit === undefined ? {} : { limits: { callsPerRun: limit } }),
      ...(blocked === undefined ? {} : { blocked: blocked === 'alice' ? { users: ['alice'] } : { tools: [blocked] } }),
      ...(require === undefined ? {} : { require: { approval: require as 'all' } }),
      ...(guard === undefined ? {} : { guards: { shell: { high: guard as 'allow', acknowledge: 'a test' } } }),
    };
  });
const input: fc.Arbitrary<PolicyInput> = fc
  .record({
    tool: fc.constantFrom(...tools),
    effect: fc.constantFrom('read', 'idempotent', 'effect'),
    principal: fc.constantFrom('alice', 'dora'),
    n: fc.constantFrom(1, 9),
    calls: fc.constantFrom(0, 2, 7),
    labels: fc.constantFrom<string[][]>([], ['untrusted']),
    denials: fc.constantFrom(0, 1),
    severity: fc.constantFrom(undefined, 'high'),
  })
  .map(({ tool, effect, principal, n, calls, labels, denials, severity }) =>
    call({
      tool: { name: tool, effect: effect as 'read' },
      principal: { id: principal },
      args: { n },
      run: { calls },
      labels,
      denials,
      findings: severity === undefined ? [] : [{ guard: 'shell', severity }],
    }),
  );
const asLayer = (text: PolicySource, index: number): LayerPolicy => ({
  layer: (['pack', 'organisation', 'team'] as const)[index % 3] ?? 'pack',
  name: 'x',
  digest: `d${index}`,
  policy: loaded(JSON.stringify(text)),
});

describe('layers', () => {
  it('allow only what every version allows, ask and deny whenever one does, in any order (property)', () => {
    fc.assert(
      fc.property(
        fc.array(source, { minLength: 1, maxLength: 4 }),
        input,
        fc.integer({ min: 0, max: 9 }),
        (texts, asked, turn) => {
          const layers = texts.map(asLayer);
          const alone = layers.map(({ policy }) => order.indexOf(decideByPolicy(policy, asked).verdict));
          const { verdict, deciding } = decideByLayers(layers, asked);
          const own = order.indexOf(verdict.verdict);
          expect(own).toBeGreaterThanOrEqual(Math.max(...alone));
          // An ask whose approvers are nobody in common denies nobody more than the strictest: same verdict but for that.
          expect(own === Math.max(...alone) || verdict.verdict === 'deny').toBe(true);
          expect(deciding.length).toBeGreaterThan(0);
          const turned = [...layers.slice(turn % layers.length), ...layers.slice(0, turn % layers.length)];
          expect(decideByLayers(turned, asked).verdict).toEqual(verdict);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('without any deny', () => {
    expect(decideByLayers([], call()).verdict).toMatchObject({ verdict: 'deny', rules: [{ id: 'layer-missing' }] });
  });
});

describe('comparison', () => {
  it('calls nothing tighter that gives a looser verdict for some call (property)', () => {
    let proved = 0;
    fc.assert(
      fc.property(
        source,
        source,
        fc.array(input, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (before, other, asked, related) => {
          // Two policies that have nothing to do with each other are never compared as tighter; those that share most may be.
          const after: PolicySource = related
            ? {
                ...before,
                rules: [
                  ...before.rules,
                  ...other.rules.filter(
                    ({ id, effect }) => effect === 'deny' && before.rules.every((one) => one.id !== id),
                  ),
                ],
                ...(other.limits ? { limits: other.limits } : {}),
                ...(other.blocked && !before.blocked ? { blocked: other.blocked } : {}),
              }
            : other;
          if (mayBeLooser(comparePolicies(before, after))) return;
          proved += 1;
          const [old, now] = [loaded(JSON.stringify(before)), loaded(JSON.stringify(after))];
          for (const one of asked) {
            const [was, is] = [decideByPolicy(old, one), decideByPolicy(now, one)];
            expect(order.indexOf(is.verdict)).toBeGreaterThanOrEqual(order.indexOf(was.verdict));
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(proved).toBeGreaterThan(50);
  });

  it.each([
    ['a rule that denies is gone', { rules: [] }, true],
    ['a further rule denies', { more: 'deny' }, false],
    ['a further rule allows', { more: 'allow' }, true],
    ['a limit rises', { limits: { callsPerRun: 9 } }, true],
    ['a limit falls', { limits: { callsPerRun: 3 } }, false],
    ['a limit is gone', { limits: {} }, true],
    ['somebody is blocked', { blocked: { users: ['eve'] } }, false],
    ['a guard is switched off', { guards: { shell: { off: true, acknowledge: 'noisy' } } }, true],
    ['only a reason changes', { reason: 'other' }, false],
    ['reads run in dry runs', { dryRun: { reads: 'run' } }, true],
  ])('%s', (_, change, loosens) => {
    const read = (text: unknown): PolicySource => {
      const result = loadPolicy(JSON.stringify(text), 'f');
      if (result.kind === 'invalid') throw new Error(result.problems[0]?.message);
      return result.source;
    };
    const base = {
      version: 1,
      limits: { callsPerRun: 5 },
      rules: [{ id: 'no', reason: 'r', effect: 'deny', tools: ['x'] }],
    };
    const { more, reason, ...rest } = change as { more?: string; reason?: string };
    const rules = [
      ...base.rules,
      ...(more === undefined ? [] : [{ id: 'more', reason: 'r', effect: more, tools: ['y'] }]),
    ];
    const worded = reason === undefined ? rules : rules.map((one) => ({ ...one, reason }));
    expect(mayBeLooser(comparePolicies(read(base), read({ ...base, rules: worded, ...rest })))).toBe(loosens);
  });

  it.each<[string, object, boolean]>([
    ['who may edit', { edits: { most: 5 } }, true],
    ['a channel', { channels: { slack: 'low' } }, true],
    ['a fallback', { fallback: { principals: ['eve'] } }, true],
    ['a seat', { thresholds: [{ from: { principals: ['sue'] }, approve: 1 }] }, true],
    ['a higher quorum', { quorum: 2 }, false],
    ['a confirmation never', { stepUpFrom: 'none' }, true],
    ['a confirmation from a lower risk on', { stepUpFrom: 'high' }, false],
    ['the confirmation that holds where they do not say', { stepUpFrom: 'critical' }, false],
    ['nothing', {}, false],
  ])('terms that say %s may be looser: %s', (_, more, loosens) => {
    const read = (terms: object): PolicySource => {
      const approvals = { default: { approvers: { principals: ['sue'] }, deadline: '5m', ...terms } };
      const result = loadPolicy(JSON.stringify({ version: 1, approvals, rules: [] }), 'f');
      if (result.kind === 'invalid') throw new Error(result.problems[0]?.message);
      return result.source;
    };
    expect(mayBeLooser(comparePolicies(read({}), read(more)))).toBe(loosens);
  });
});
