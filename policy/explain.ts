/**
 * Says of every rule of a policy why it did or did not match one call, and what the engine's own rules added. It asks the
 * same functions as the gate; it decides nothing.
 */
import type { RuleHit } from '../core/contracts/decision.ts';
import { decideByPolicy } from './built-in-rules.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { conditionContext } from './condition-context.ts';
import { factsOf, judgeRule } from './evaluate.ts';
import { type PolicyInput, policyInputSchema } from './input.ts';
import { lazily } from './lazily.ts';
import type { Effect, PolicyVerdict } from './verdict.ts';

export interface RuleExplanation {
  readonly id: string;
  readonly title: string | undefined;
  readonly effect: Effect;
  /** `tools`, `roles`, `environments`, `when`: this part of the rule does not fit the call. */
  readonly result: 'matches' | 'failed' | 'tools' | 'roles' | 'environments' | 'when';
  readonly why: string;
}

export interface Explanation {
  readonly verdict: PolicyVerdict;
  /** In the order of the file. */
  readonly rules: readonly RuleExplanation[];
  /** What the engine's own rules said. */
  readonly engine: readonly RuleHit[];
  /** Of the principal, by this policy. */
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

/** Never throws; rules of a call that no policy can judge are all `failed`. */
export function explainPolicy(policy: CompiledPolicy, input: PolicyInput): Explanation {
  const verdict = decideByPolicy(policy, input);
  const ids = new Set(policy.rules.map(({ id }) => id));
  const engine = verdict.rules.filter((hit) => !ids.has(hit.id));
  if (!policyInputSchema.safeParse(input).success) return { verdict, rules: [], engine, roles: [], groups: [] };
  const facts = factsOf(policy, input);
  const context = lazily(() => conditionContext(input, facts));
  const rules = policy.rules.map((rule): RuleExplanation => {
    const base = { id: rule.id, title: rule.title, effect: rule.effect };
    try {
      const judged = judgeRule(policy, rule, input, facts.roles, context);
      if (judged.kind === 'matches') return { ...base, result: 'matches', why: rule.reason };
      if (judged.kind === 'failed') return { ...base, result: 'failed', why: `its condition failed: ${judged.why}` };
      return { ...base, result: judged.part, why: whyNot(judged.part, rule.condition?.text) };
    } catch {
      return { ...base, result: 'failed', why: 'the arguments cannot be read' };
    }
  });
  return { verdict, rules, engine, roles: facts.roles, groups: facts.groups };

  function whyNot(part: Exclude<RuleExplanation['result'], 'matches' | 'failed'>, condition = ''): string {
    switch (part) {
      case 'tools':
        return 'it is for other tools';
      case 'roles':
        return 'the principal holds none of its roles';
      case 'environments':
        return 'it is for other environments';
      case 'when':
        return `its condition is false: ${shortened(condition)}`;
    }
  }
}

const longestShown = 120;

/** On one line, and not longer than a screen is wide. */
function shortened(condition: string): string {
  const line = condition.trim().replaceAll(/\s+/gu, ' ');
  return line.length > longestShown ? `${line.slice(0, longestShown)}…` : line;
}
