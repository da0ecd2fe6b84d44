import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideByPolicy, evaluatePolicy, loadPolicy, type PolicyInput, rolesOf } from '../../../policy/index.ts';
import { call, loaded, someApprover } from './policy-fixtures.ts';

const effects = ['allow', 'ask', 'deny'] as const;
const tools = ['read_logs', 'restart_service', 'delete_database'];
const conditions = [
  undefined,
  'tool.effect == "read"',
  'args.n > 2',
  'args.missing == 1',
  '"untrusted" in labels.context',
  'denials == 0',
];

const ruleArbitrary = fc.record(
  {
    effect: fc.constantFrom(...effects),
    tools: fc.array(fc.constantFrom(...tools, '*', 'read_*', '*_database'), { minLength: 1, maxLength: 2 }),
    roles: fc.array(fc.constantFrom('viewer', 'operator'), { minLength: 1, maxLength: 2 }),
    environments: fc.constantFrom(['production'], ['staging']),
    when: fc.constantFrom(...conditions),
    approval: fc.constantFrom('default', 'strict'),
  },
  { requiredKeys: ['effect', 'tools'] },
);
const rulesArbitrary = fc.array(ruleArbitrary, { maxLength: 6 });
const inputArbitrary: fc.Arbitrary<PolicyInput> = fc.record({
  principal: fc.record({ id: fc.constantFrom('alice', 'bob'), roles: fc.subarray(['viewer', 'operator', 'unknown']) }),
  onBehalfOf: fc.constantFrom(null, 'carol'),
  tool: fc.record({
    name: fc.constantFrom(...tools, 'other'),
    effect: fc.constantFrom('read', 'idempotent', 'effect'),
    tags: fc.constant([]),
  }),
  args: fc.oneof(
    fc.constant({}),
    fc.record({ n: fc.oneof(fc.integer(), fc.string(), fc.double()) }),
    fc.dictionary(fc.string(), fc.jsonValue()),
  ),
  run: fc.record({
    agent: fc.constant('ops'),
    turn: fc.nat(5),
    calls: fc.nat(5),
    callsInTurn: fc.nat(5),
    dryRun: fc.boolean(),
    epoch: fc.nat(1),
  }),
  environment: fc.constantFrom('production', 'staging'),
  labels: fc.subarray(['operator', 'untrusted', 'secret']),
  findings: fc.array(fc.record({ guard: fc.string(), severity: fc.constantFrom('info', 'low', 'critical', 'odd') }), {
    maxLength: 2,
  }),
  denials: fc.nat(2),
  now: fc.nat(),
});

type GeneratedRule = typeof ruleArbitrary extends fc.Arbitrary<infer Rule> ? Rule : never;

function policyOf(rules: readonly (GeneratedRule & { id: string })[]): ReturnType<typeof loaded> {
  return loaded(
    JSON.stringify({
      version: 1,
      roles: { viewer: {}, operator: { inherits: ['viewer'] } },
      approvals: {
        default: { approvers: { roles: ['viewer'] }, deadline: '10m' },
        strict: { approvers: { roles: ['operator'] }, deadline: '5m', quorum: 2 },
      },
      rules: rules.map((rule) => {
        const { approval, ...rest } = rule;
        return {
          reason: `reason of ${rule.id}`,
          ...rest,
          ...(rule.effect === 'deny' || !approval ? {} : { approval }),
        };
      }),
    }),
  );
}
const numbered = (rules: readonly GeneratedRule[]) => rules.map((rule, index) => ({ ...rule, id: `rule-${index}` }));

describe('evaluatePolicy', () => {
  it('denies when no rule matches', () => {
    expect(evaluatePolicy(loaded('version: 1\nrules: []'), call())).toEqual({
      verdict: 'deny',
      rules: [{ id: 'no-rule-matches', effect: 'deny', reason: 'No rule of the policy allows this call' }],
      risk: 'low',
      reasons: ['No rule of the policy allows this call'],
    });
  });

  it('lets deny beat ask and ask beat allow', () => {
    const rule = (effect: string) =>
      `  - { id: ${effect}-it, reason: ${effect}, effect: ${effect}, tools: [read_logs] }`;
    const verdictOf = (...chosen: string[]) =>
      evaluatePolicy(loaded(['version: 1', someApprover, 'rules:', ...chosen.map(rule)].join('\n')), call()).verdict;
    expect([
      verdictOf('allow'),
      verdictOf('allow', 'ask'),
      verdictOf('ask', 'allow'),
      verdictOf('allow', 'ask', 'deny'),
    ]).toEqual(['allow', 'ask', 'ask', 'deny']);
  });

  it('names every matching rule and gives the reasons of those that decided', () => {
    const policy = loaded(
      'version: 1\nrules:\n  - { id: a, reason: yes, effect: allow, tools: ["*"] }\n  - { id: b, reason: never, effect: deny, tools: ["read_*"] }',
    );
    expect(evaluatePolicy(policy, call())).toEqual({
      verdict: 'deny',
      rules: [
        { id: 'b', effect: 'deny', reason: 'never' },
        { id: 'a', effect: 'allow', reason: 'yes' },
      ],
      risk: 'low',
      reasons: ['never'],
    });
  });

  it('asks under the strictest combination of all asking rules', () => {
    const policy = loaded(`version: 1
roles: { viewer: {}, operator: { inherits: [viewer] }, admin: { inherits: [operator] } }
approvals:
  default: { approvers: { roles: [operator], principals: [bob, carol] }, deadline: 10m, requesterMayApprove: true }
  pair: { approvers: { roles: [admin], principals: [carol] }, quorum: 2, deadline: 1h, executeWithin: 5m, requesterMayApprove: false, reasonRequired: true }
rules:
  - { id: a, reason: r, effect: ask, tools: ["*"] }
  - { id: b, reason: r, effect: ask, tools: ["*"], approval: pair }`);
    expect(evaluatePolicy(policy, call()).terms).toEqual({
      name: 'default+pair',
      approvers: { roles: ['admin'], principals: ['carol'] },
      quorum: 2,
      stepUpFrom: 'critical',
      deadlineMs: 600_000,
      executeWithinMs: 300_000,
      requesterMayApprove: false,
      reasonRequired: true,
    });
  });

  it('applies a rule only to the roles and environments it names', () => {
    const policy = loaded(
      'version: 1\nroles: { viewer: {}, operator: { inherits: [viewer] } }\nprincipals: { dave: [operator] }\nrules:\n  - { id: a, reason: r, effect: allow, tools: ["*"], roles: [viewer], environments: [staging] }',
    );
    const verdictOf = (id: string, roles: string[], environment: string) =>
      evaluatePolicy(policy, { ...call({ principal: { id, roles } }), environment }).verdict;
    expect(verdictOf('alice', ['viewer'], 'staging')).toBe('allow');
    expect(verdictOf('alice', ['operator'], 'staging')).toBe('allow');
    expect(verdictOf('dave', [], 'staging')).toBe('allow');
    expect(verdictOf('alice', ['viewer'], 'production')).toBe('deny');
    expect(verdictOf('alice', [], 'staging')).toBe('deny');
    expect(verdictOf('alice', ['Viewer'], 'staging')).toBe('deny');
  });

  it('gives no meaning to a claimed role that the policy does not declare', () => {
    const policy = loaded(
      'version: 1\nroles: { viewer: {} }\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], when: args.role in principal.roles }]',
    );
    const verdictFor = (role: string) =>
      evaluatePolicy(policy, call({ principal: { id: 'mallory', roles: ['root', 'viewer'] }, args: { role } })).verdict;
    expect([verdictFor('root'), verdictFor('viewer')]).toEqual(['deny', 'allow']);
    expect(rolesOf(policy, 'mallory', ['root', 'viewer'])).toEqual(['viewer']);
  });

  it('never allows without a matching allow rule, nor beside a matching ask, deny or failed rule', () => {
    let allowed = 0;
    fc.assert(
      fc.property(rulesArbitrary, inputArbitrary, (rules, input) => {
        const whole = evaluatePolicy(policyOf(numbered(rules)), input);
        // Each rule alone says by itself what it has to say about the call.
        const alone = numbered(rules).map((rule) => evaluatePolicy(policyOf([rule]), input));
        const says = (effect: string) =>
          alone.some(({ verdict, rules: hits }) => verdict === effect && hits[0]?.id !== 'no-rule-matches');
        const expected = says('deny') ? 'deny' : says('ask') ? 'ask' : says('allow') ? 'allow' : 'deny';
        expect(whole.verdict).toBe(expected);
        expect(whole.terms === undefined).toBe(whole.verdict !== 'ask');
        if (whole.verdict === 'allow') allowed += 1;
        const strictness = { allow: 0, ask: 1, deny: 2 };
        expect(strictness[decideByPolicy(policyOf(numbered(rules)), input).verdict]).toBeGreaterThanOrEqual(
          strictness[whole.verdict],
        );
      }),
      { numRuns: 300 },
    );
    expect(allowed).toBeGreaterThan(0);
  });

  it('gives the same verdict in any order of the rules', () => {
    fc.assert(
      fc.property(
        rulesArbitrary.chain((rules) =>
          fc.tuple(fc.constant(numbered(rules)), fc.shuffledSubarray(numbered(rules), { minLength: rules.length })),
        ),
        inputArbitrary,
        ([rules, shuffled], input) => {
          expect(decideByPolicy(policyOf(shuffled), input)).toEqual(decideByPolicy(policyOf(rules), input));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws and never allows what is not a call', () => {
    const policy = loaded(
      'version: 1\nlabels: { untrusted: allow }\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"] }]',
    );
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true, withObjectString: true }),
        (thing) => {
          expect(decideByPolicy(policy, thing as PolicyInput).verdict).toBe('deny');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws when a part of the call is something else', () => {
    const policy = loaded('version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], when: args == args }]');
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(call())), fc.anything(), (part, thing) => {
        expect(effects).toContain(decideByPolicy(policy, { ...call(), [part]: thing }).verdict);
      }),
      { numRuns: 500 },
    );
  });

  it('does not change the call it judges', () => {
    const input = call({ args: { list: [1, { deep: 2 }] }, labels: ['untrusted'] });
    const before = structuredClone(input);
    decideByPolicy(
      loaded(
        'version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], when: "args.list.map(x, x) == args.list" }]',
      ),
      input,
    );
    expect(input).toEqual(before);
  });

  it('is not reachable with a policy that did not load', () => {
    expect(loadPolicy('version: 1\nrules: [{}]', 'f')).not.toHaveProperty('policy');
  });
});
