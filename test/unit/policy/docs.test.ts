/** Runs docs/policy.md: each policy must load and give the verdicts of its cases, each invalid one its problems. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shellReaders } from '../../../guards/index.ts';
import { engineRuleIds } from '../../../policy/built-in-rule-ids.ts';
import { variableNames } from '../../../policy/condition-language.ts';
import { readCases, runCases } from '../../../policy/cases/index.ts';
import { formatProblem, type LayerPolicy, loadPolicy, policySourceSchema } from '../../../policy/index.ts';
import { ruleSourceSchema } from '../../../policy/schema-rules.ts';
import { problemsOf } from './policy-fixtures.ts';

const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)(?: (\w+))?\n(.*?)^```$/gms)].map(([, language, kind, text]) => ({
  language,
  kind,
  text: String(text),
}));

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
    const policy = loadPolicy(example.policy, 'policy.yaml', shellReaders);
    const cases = readCases(example.cases, 'cases.yaml');
    const problems = [policy, cases].flatMap((one) => (one.kind === 'invalid' ? one.problems : []));
    expect(problems.map(formatProblem)).toEqual([]);
    if (policy.kind === 'invalid' || cases.kind === 'invalid') return;
    const layer: LayerPolicy = { layer: 'pack', name: 'ops', digest: 'd', policy: policy.policy };
    const { results } = runCases([layer], cases.cases, { now: 0 });
    expect(results.length).toBeGreaterThan(0);
    expect(
      results.filter(({ passed }) => !passed).map(({ case: one, differences }) => [one.line, ...differences]),
    ).toEqual([]);
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
