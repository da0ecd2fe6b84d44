/** Runs docs/policy.md: each policy must load and give the verdicts of its cases, each invalid one its problems. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { engineRuleIds } from '../../../policy/built-in-rule-ids.ts';
import { variableNames } from '../../../policy/condition-language.ts';
import { decideByPolicy, policySourceSchema } from '../../../policy/index.ts';
import { ruleSourceSchema } from '../../../policy/schema-rules.ts';
import { call, loaded, problemsOf } from './policy-fixtures.ts';

const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)(?: (\w+))?\n(.*?)^```$/gms)].map(([, language, kind, text]) => ({
  language,
  kind,
  text: String(text),
}));

const casesSchema = z.array(
  z.strictObject({
    call: z.strictObject({
      tool: z.string(),
      effect: z.enum(['read', 'idempotent', 'effect']),
      principal: z.string().default('alice'),
      roles: z.array(z.string()).default([]),
      args: z.record(z.string(), z.unknown()).default({}),
      environment: z.string().default('production'),
      labels: z.array(z.string()).default([]),
      run: z.record(z.string(), z.int()).default({}),
      denials: z.int().default(0),
      now: z.int().default(0),
    }),
    verdict: z.enum(['allow', 'ask', 'deny']),
    rule: z.string(),
    risk: z.string().optional(),
    terms: z.string().optional(),
    quorum: z.int().optional(),
    deadlineMs: z.int().optional(),
  }),
);

const policies = blocks.filter(({ kind }) => kind === 'policy');
const cases = blocks.filter(({ kind }) => kind === 'cases');

describe('docs/policy.md', () => {
  it('has cases for each policy and no YAML that is not run', () => {
    expect(policies.length).toBeGreaterThan(5);
    expect(cases.length).toBe(policies.length);
    const kinds = new Set(blocks.filter(({ language }) => language === 'yaml').map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['policy', 'cases', 'invalid']));
  });

  it.each(
    policies.map((block, index) => ({ number: index + 1, policy: block.text, cases: String(cases[index]?.text) })),
  )('policy $number gives the verdicts of its cases', (example) => {
    const policy = loaded(example.policy);
    const wanted = casesSchema.parse(parse(example.cases));
    expect(wanted.length).toBeGreaterThan(0);
    for (const { call: written, ...expected } of wanted) {
      const { tool, effect, principal, roles, ...rest } = written;
      const verdict = decideByPolicy(
        policy,
        call({ ...rest, principal: { id: principal, roles }, tool: { name: tool, effect } }),
      );
      expect({ written, verdict: verdict.verdict, rules: verdict.rules.map(({ id }) => id) }).toEqual({
        written,
        verdict: expected.verdict,
        rules: expect.arrayContaining([expected.rule]),
      });
      expect(verdict).toMatchObject(expected.risk ? { risk: expected.risk } : {});
      expect(verdict.terms ?? {}).toMatchObject({
        ...(expected.terms ? { name: expected.terms } : {}),
        ...(expected.quorum ? { quorum: expected.quorum } : {}),
        ...(expected.deadlineMs ? { deadlineMs: expected.deadlineMs } : {}),
      });
    }
  });

  it('shows the problems of the invalid file as they are printed', () => {
    const invalid = blocks.find(({ kind }) => kind === 'invalid');
    const problems = blocks.find(({ kind }) => kind === 'problems');
    expect(problemsOf(String(invalid?.text))).toEqual(String(problems?.text).trim().split('\n'));
  });

  it('names every part, key, variable and rule of the engine', () => {
    const words = [...Object.keys(policySourceSchema.shape), ...Object.keys(ruleSourceSchema.shape), ...variableNames];
    expect(words.filter((word) => !page.includes(word))).toEqual([]);
    expect([...engineRuleIds].filter((id) => !page.includes(`\`${id}\``))).toEqual([]);
  });
});
