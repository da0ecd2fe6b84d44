/**
 * Decides one call by one policy: deny over ask over allow, whatever the order of the rules; no match denies, a condition
 * that fails denies, and so does input that is not what it should be. It never throws and never allows what no rule of
 * the file allows. The engine's own rules are in `built-in-rules.ts`; `decideByPolicy` applies both.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { RuleHit } from '../core/contracts/decision.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { argumentLabelsOf } from './argument-labels.ts';
import { conditionContext, type DerivedFacts } from './condition-context.ts';
import { type PolicyInput, policyInputSchema } from './input.ts';
import { lazily } from './lazily.ts';
import { riskOf } from './risk.ts';
import { groupsOf, rolesOf } from './roles.ts';
import { matchesTool } from './tool-pattern.ts';
import { costOf } from './usage.ts';
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
  const facts = factsOf(policy, input);
  const context = lazily(() => conditionContext(input, facts));
  const matched: CompiledRule[] = [];
  const failures: RuleHit[] = [];
  for (const rule of rulesForTool(policy, input.tool.name)) {
    const result = judgeRule(policy, rule, input, facts.roles, context);
    if (result.kind === 'matches') matched.push(rule);
    else if (result.kind === 'failed') {
      failures.push(ruleHit('condition-error', 'deny', `The condition of rule "${rule.id}" failed: ${result.why}`));
    }
  }
  const hits = [...matched.map((rule) => ruleHit(rule.id, rule.effect, rule.reason)), ...failures];
  if (hits.length === 0) {
    return verdictOf(
      'deny',
      [ruleHit('no-rule-matches', 'deny', 'No rule of the policy allows this call')],
      facts.risk,
    );
  }
  const effect = hits.map((hit) => hit.effect).reduce(stricterEffect);
  const terms = effect === 'ask' ? termsOf(matched.filter((rule) => rule.effect === 'ask')) : [];
  return verdictOf(effect, hits, facts.risk, terms);
}

/** What a policy makes of a call before any rule is asked. */
export function factsOf(policy: CompiledPolicy, input: PolicyInput): DerivedFacts {
  const { id, roles } = input.principal;
  const stated = policy.tools.filter(({ pattern }) => matchesTool(pattern, input.tool.name));
  return {
    roles: rolesOf(policy, id, roles),
    groups: groupsOf(policy, id, roles),
    risk: riskOf(policy, input),
    tags: [...new Set([...input.tool.tags, ...stated.flatMap(({ tags }) => tags)])],
    argumentLabels: argumentLabelsOf(policy, input),
    cost: costOf(policy, input.run.usage ?? []),
  };
}

export type RuleResult =
  | { kind: 'matches' }
  /** What of the rule does not fit. */
  | { kind: 'other'; part: 'tools' | 'environments' | 'roles' | 'when' }
  | { kind: 'failed'; why: string };

/** One rule, for one call. @param context made when the first condition is asked */
export function judgeRule(
  policy: CompiledPolicy,
  rule: CompiledRule,
  input: PolicyInput,
  roles: readonly string[],
  context: () => Readonly<Record<string, unknown>>,
): RuleResult {
  if (!rule.tools.some((pattern) => matchesTool(pattern, input.tool.name))) return { kind: 'other', part: 'tools' };
  if (rule.environments && !rule.environments.includes(input.environment))
    return { kind: 'other', part: 'environments' };
  if (rule.roles && !rule.roles.some((role) => roles.includes(role))) return { kind: 'other', part: 'roles' };
  if (!rule.condition) return { kind: 'matches' };
  // Each condition has the whole budget: with one for all, the order of rules would decide which of them runs out.
  policy.conditions.refill();
  const result = rule.condition.evaluate(context());
  if (result.kind === 'failed') return result;
  return result.value ? { kind: 'matches' } : { kind: 'other', part: 'when' };
}

const rulesByTool = new WeakMap<CompiledPolicy, Map<string, readonly CompiledRule[]>>();
/** Names come from the tools that are loaded; a bound all the same, for who asks about others. */
const mostNames = 1000;

/** Rules whose patterns fit the tool; found once for each tool of a policy. */
function rulesForTool(policy: CompiledPolicy, tool: string): readonly CompiledRule[] {
  const byTool = rulesByTool.get(policy) ?? new Map<string, readonly CompiledRule[]>();
  rulesByTool.set(policy, byTool);
  const known = byTool.get(tool);
  if (known) return known;
  const rules = policy.rules.filter((rule) => rule.tools.some((pattern) => matchesTool(pattern, tool)));
  if (byTool.size < mostNames) byTool.set(tool, rules);
  return rules;
}

/** Terms of several rules; a rule that has none is missing on purpose of nobody, so the list is empty then. */
export function termsOf(rules: readonly CompiledRule[]): ApprovalTerms[] {
  const terms = rules.map((rule) => rule.terms);
  return terms.every((term) => term !== undefined) ? terms : [];
}

function denied(id: string, reason: string): PolicyVerdict {
  return verdictOf('deny', [ruleHit(id, 'deny', reason)], 'critical');
}
