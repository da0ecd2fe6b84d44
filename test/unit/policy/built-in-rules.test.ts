import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  applyAfterDenial,
  applyBuiltInRules,
  applyRefusals,
  applyNewEpoch,
  applyUntrustedContext,
  builtInRuleIds,
  decideByPolicy,
  evaluatePolicy,
  loadPolicy,
} from '../../../policy/index.ts';
import { call, loaded, oneRule, someApprover } from './policy-fixtures.ts';

const allowAll = 'rules: [{ id: a, reason: r, effect: allow, tools: ["*"] }]';
const withTerms = loaded(`version: 1\n${allowAll}\n${someApprover}`);
const withoutTerms = loaded(`version: 1\n${allowAll}`);
const effectTool = { name: 'send_email', effect: 'effect' } as const;
const idempotentTool = { name: 'restart_service', effect: 'idempotent' } as const;

describe.each([
  ['after-denial', applyAfterDenial, { denials: 1 }],
  ['new-epoch', applyNewEpoch, { run: { epoch: 1 } }],
] as const)('rule %s', (id, apply, situation) => {
  it.each([effectTool, idempotentTool])('makes an allowed call of $name ask under the default terms', (tool) => {
    const input = call({ tool, ...situation });
    const verdict = apply(withTerms, input, evaluatePolicy(withTerms, input));
    expect(verdict).toMatchObject({
      verdict: 'ask',
      terms: { name: 'default' },
      rules: [{ id, effect: 'ask' }, { id: 'a' }],
    });
    expect(decideByPolicy(withTerms, input).verdict).toBe('ask');
  });

  it('denies when the policy has no terms to ask under', () => {
    const input = call({ tool: effectTool, ...situation });
    expect(apply(withoutTerms, input, evaluatePolicy(withoutTerms, input))).toMatchObject({
      verdict: 'deny',
      rules: [{ id }, { id: 'a' }],
    });
  });

  it('asks under the terms of the rule that allowed', () => {
    const policy = loaded(
      `version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], approval: pair }]\napprovals: { pair: { approvers: { principals: [bob] }, deadline: 1m, quorum: 2 } }`,
    );
    const input = call({ tool: effectTool, ...situation });
    expect(apply(policy, input, evaluatePolicy(policy, input)).terms).toMatchObject({ name: 'pair', quorum: 2 });
  });

  it('says so beside a rule that asks anyway, and keeps its terms', () => {
    const policy = oneRule('ask');
    const input = call({ tool: effectTool, ...situation });
    const verdict = apply(policy, input, evaluatePolicy(policy, input));
    expect(verdict.rules.map((rule) => rule.id)).toEqual([id, 'only']);
    expect(verdict.terms).toEqual(evaluatePolicy(policy, input).terms);
  });

  it('leaves reads, denials and other situations as they are', () => {
    const read = call({ ...situation });
    expect(apply(withTerms, read, evaluatePolicy(withTerms, read)).verdict).toBe('allow');
    const denied = oneRule('deny');
    const input = call({ tool: effectTool, ...situation });
    expect(apply(denied, input, evaluatePolicy(denied, input))).toEqual(evaluatePolicy(denied, input));
    const usual = call({ tool: effectTool });
    expect(apply(withTerms, usual, evaluatePolicy(withTerms, usual)).verdict).toBe('allow');
  });
});

describe('rule untrusted-context', () => {
  const untrusted = call({ tool: effectTool, labels: ['operator', 'untrusted'] });
  const decide = (text: string) => decideByPolicy(loaded(text), untrusted);

  it('makes an allowed effect ask after untrusted content was read', () => {
    const verdict = applyUntrustedContext(withTerms, untrusted, evaluatePolicy(withTerms, untrusted));
    expect(verdict).toMatchObject({
      verdict: 'ask',
      rules: [{ id: 'untrusted-context' }, { id: 'a' }],
      terms: { name: 'default' },
    });
  });

  it('denies when the policy has no terms', () => {
    expect(decideByPolicy(withoutTerms, untrusted)).toMatchObject({
      verdict: 'deny',
      rules: [{ id: 'untrusted-context' }, { id: 'a' }],
    });
  });

  it('gives way to the policy as a whole and to the rule that allows', () => {
    expect(decide(`version: 1\nlabels: { untrusted: allow }\n${allowAll}`).verdict).toBe('allow');
    expect(
      decide('version: 1\nrules: [{ id: a, reason: r, effect: allow, tools: ["*"], labels: { untrusted: allow } }]')
        .verdict,
    ).toBe('allow');
    expect(decide(`version: 1\nlabels: { untrusted: ask }\n${allowAll}\n${someApprover}`).verdict).toBe('ask');
  });

  it('gives way only when every rule that allows says so', () => {
    const verdict = decide(
      `version: 1\nrules:\n  - { id: a, reason: r, effect: allow, tools: ["*"], labels: { untrusted: allow } }\n  - { id: b, reason: r, effect: allow, tools: [send_email] }\n${someApprover}`,
    );
    expect(verdict.verdict).toBe('ask');
  });

  it('leaves reads, repeatable calls and clean contexts as they are', () => {
    expect(decideByPolicy(withTerms, call({ labels: ['untrusted'] })).verdict).toBe('allow');
    expect(decideByPolicy(withTerms, call({ tool: idempotentTool, labels: ['untrusted'] })).verdict).toBe('ask');
    expect(decideByPolicy(withTerms, call({ tool: effectTool, labels: ['operator', 'secret'] })).verdict).toBe('allow');
  });

  it('does not undo what another built-in rule asks', () => {
    const policy = loaded(`version: 1\nlabels: { untrusted: allow }\n${allowAll}\n${someApprover}`);
    expect(decideByPolicy(policy, { ...untrusted, denials: 1 }).verdict).toBe('ask');
  });
});

describe('limits', () => {
  const policy = loaded(
    `version: 1\n${allowAll}\nlimits: { callsPerRun: 3, callsPerTurn: 2, turns: 4, argumentBytes: 20 }`,
  );
  it.each([
    ['limit-calls-per-run', call({ run: { calls: 3 } }), call({ run: { calls: 2 } })],
    ['limit-calls-per-turn', call({ run: { callsInTurn: 2 } }), call({ run: { callsInTurn: 1 } })],
    ['limit-turns', call({ run: { turn: 5 } }), call({ run: { turn: 4 } })],
    ['limit-argument-bytes', call({ args: { s: 'ä'.repeat(7) } }), call({ args: { s: 'ä'.repeat(6) } })],
  ])('%s denies the first call beyond and allows the last within', (id, beyond, within) => {
    expect(applyRefusals(policy, beyond, evaluatePolicy(policy, beyond))).toMatchObject({
      verdict: 'deny',
      rules: [{ id }, { id: 'a' }],
    });
    expect(decideByPolicy(policy, within).verdict).toBe('allow');
  });

  it('deny arguments of more than 1 MiB when the policy says nothing', () => {
    expect(decideByPolicy(withTerms, call({ args: { s: 'x'.repeat(1_048_577) } })).rules[0]?.id).toBe(
      'limit-argument-bytes',
    );
  });

  it('deny arguments that are too large before a condition reads them', () => {
    const failing = loaded(
      `version: 1\nrules:\n  - { id: a, reason: r, effect: allow, tools: ["*"], when: 'args.none == 1' }`,
    );
    const verdict = decideByPolicy(failing, call({ args: { s: 'x'.repeat(1_048_577) } }));
    expect(verdict.rules.map((hit) => hit.id)).toEqual(['limit-argument-bytes']);
  });

  it('deny arguments whose size cannot be told', () => {
    const input = call({ args: { n: 1n } });
    expect(applyBuiltInRules(withTerms, input, evaluatePolicy(withTerms, input))).toMatchObject({
      verdict: 'deny',
      rules: [{ id: 'policy-fault' }, { id: 'a' }],
    });
  });
});

describe('ids of the engine’s and the gate’s own rules', () => {
  const gate = new URL('../../../activities/', import.meta.url);
  const sources = ['check-call.ts', ...readdirSync(new URL('check-call/', gate)).map((name) => `check-call/${name}`)];
  const written = sources.flatMap((name) => [
    ...readFileSync(new URL(name, gate), 'utf8').matchAll(
      /(?:gateRule|gateRefusal)\(\s*(['`])([a-z-]+)(?:\$\{[^}]*\})?\1|bareJudgement\(standing, (['`])([a-z-]+)/g,
    ),
  ]);
  const ids = [...new Set(written.map((match) => match[2] ?? match[4] ?? ''))];

  it('are found in the gate', () => {
    expect(ids).toEqual(expect.arrayContaining(['approval-expired', 'denied-before', 'reconciled-', 'settle-']));
  });

  it.each(ids)('%s cannot be taken by a rule of a file', (id) => {
    const own = [...builtInRuleIds].filter((known) => (id.endsWith('-') ? known.startsWith(id) : known === id));
    expect(own.length).toBeGreaterThan(0);
    for (const taken of own) {
      const text = `version: 1\nrules: [{ id: ${taken}, reason: r, effect: allow, tools: ["*"] }]`;
      expect(loadPolicy(text, 'p.yaml')).toMatchObject({ kind: 'invalid' });
    }
  });
});
