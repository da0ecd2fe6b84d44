/**
 * Runs cases against a policy with the layers above it, and keeps which rules they reached. A case passes when every thing it
 * expects holds; a file without cases proves nothing and is not green.
 */
import { explainPolicy } from '../explain.ts';
import { decideByLayers, layerLabel, type LayerPolicy } from '../layers.ts';
import type { PolicyVerdict } from '../verdict.ts';
import { type CallDefaults, policyInputOf } from './call-source.ts';
import type { PolicyCase } from './cases-file.ts';
import { Coverage, type CoverageReport } from './coverage.ts';

export interface CaseResult {
  readonly case: PolicyCase;
  readonly passed: boolean;
  /** What is not as expected, a line each. */
  readonly differences: readonly string[];
  readonly verdict: PolicyVerdict;
  /** Layers whose verdict holds. */
  readonly deciding: readonly string[];
}

export interface CasesRun {
  readonly results: readonly CaseResult[];
  readonly coverage: CoverageReport;
}

export function runCases(
  layers: readonly LayerPolicy[],
  cases: readonly PolicyCase[],
  defaults: CallDefaults,
): CasesRun {
  const coverage = new Coverage(layers.map((of) => ({ label: layerLabel(of), policy: of.policy })));
  const results = cases.map((one): CaseResult => {
    const input = policyInputOf(one.call, defaults);
    const { verdict, deciding } = decideByLayers(layers, input);
    for (const of of layers) coverage.add(layerLabel(of), explainPolicy(of.policy, input).rules);
    const differences = differencesOf(one, verdict);
    return { case: one, passed: differences.length === 0, differences, verdict, deciding };
  });
  return { results, coverage: coverage.report() };
}

function differencesOf(expected: PolicyCase, verdict: PolicyVerdict): string[] {
  const ids = verdict.rules.map(({ id }) => id);
  const { terms } = verdict;
  const pairs: [what: string, expected: string | number | undefined, found: string | number | undefined][] = [
    ['verdict', expected.verdict, verdict.verdict],
    ['risk', expected.risk, verdict.risk],
    ['terms', expected.terms, terms?.name],
    ['quorum', expected.quorum, terms?.quorum],
    ['deadlineMs', expected.deadlineMs, terms?.deadlineMs],
  ];
  const differing = pairs
    .filter(([, wanted, found]) => wanted !== undefined && wanted !== found)
    .map(([what, wanted, found]) => `${what} is ${found ?? 'none'}, expected ${wanted}`);
  if (expected.rule !== undefined && !ids.includes(expected.rule)) {
    differing.push(`rule ${expected.rule} is not among those that matched: ${ids.join(', ') || 'none'}`);
  }
  return differing;
}
