/**
 * Decides one call by one policy: deny over ask over allow, whatever the order of the rules; no match denies, a condition
 * that fails denies, and so does input that is not what it should be. It never throws and never allows what no rule of
 * the file allows. The engine's own rules are in `built-in-rules.ts`; `decideByPolicy` applies both.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { RuleHit } from '../core/contracts/decision.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { conditionContext } from './condition-context.ts';
import { type PolicyInput, policyInputSchema } from './input.ts';
import { riskOf } from './risk.ts';
import { rolesOf } from './roles.ts';
import { matchesTool } from './tool-pattern.ts';
import { type PolicyVerdict, ruleHit, stricterEffect, verdictOf } from './verdict.ts';

export function evaluatePolicy(policy: CompiledPolicy, input: PolicyInput): PolicyVerdict {
  try {
    if (!policyInputSchema.safeParse(input).success) {
      return denied('input-invalid', 'The call does not have the shape that a policy can judge');
    }
    return evaluate(policy, input);
  } catch {
    // A fault of the engine is no reason to let a call through.
    return denied('policy-fault', 'The policy could not be evaluated for this call');
  }
}

function evaluate(policy: CompiledPolicy, input: PolicyInput): PolicyVerdict {
  const risk = riskOf(policy, input);
  const roles = rolesOf(policy, input.principal.id, input.principal.roles);
  const rules = policy.rules.filter((rule) => concerns(rule, input, roles));
  const { matched, failures } = matchConditions(policy, rules, () => conditionContext(input, roles, risk));

  const hits = [...matched.map((rule) => ruleHit(rule.id, rule.effect, rule.reason)), ...failures];
  if (hits.length === 0) {
    return verdictOf('deny', [ruleHit('no-rule-matches', 'deny', 'No rule of the policy allows this call')], risk);
  }
  const effect = hits.map((hit) => hit.effect).reduce(stricterEffect);
  return verdictOf(
    effect,
    hits,
    risk,
    effect === 'ask' ? termsOf(matched.filter((rule) => rule.effect === 'ask')) : [],
  );
}

function matchConditions(
  policy: CompiledPolicy,
  rules: readonly CompiledRule[],
  makeContext: () => Readonly<Record<string, unknown>>,
): { matched: CompiledRule[]; failures: RuleHit[] } {
  const conditional = rules.filter((rule) => rule.condition);
  const matched = rules.filter((rule) => !rule.condition);
  const failures: RuleHit[] = [];
  if (conditional.length === 0) return { matched, failures };
  const context = makeContext();
  for (const rule of conditional) {
    // Each condition has the whole budget: with one for all, the order of rules would decide which of them runs out.
    policy.conditions.refill();
    const result = rule.condition?.evaluate(context);
    if (result?.kind === 'value') {
      if (result.value) matched.push(rule);
    } else {
      const why = result?.why ?? 'it has no condition';
      failures.push(ruleHit('condition-error', 'deny', `The condition of rule "${rule.id}" failed: ${why}`));
    }
  }
  return { matched, failures };
}

function concerns(rule: CompiledRule, input: PolicyInput, roles: readonly string[]): boolean {
  if (!rule.tools.some((pattern) => matchesTool(pattern, input.tool.name))) return false;
  if (rule.environments && !rule.environments.includes(input.environment)) return false;
  return !rule.roles || rule.roles.some((role) => roles.includes(role));
}

/** Terms of several rules; a rule that has none is missing on purpose of nobody, so the list is empty then. */
export function termsOf(rules: readonly CompiledRule[]): ApprovalTerms[] {
  const terms = rules.map((rule) => rule.terms);
  return terms.every((term) => term !== undefined) ? terms : [];
}

function denied(id: string, reason: string): PolicyVerdict {
  return verdictOf('deny', [ruleHit(id, 'deny', reason)], 'critical');
}
