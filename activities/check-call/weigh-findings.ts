/**
 * What guards found in a call, on top of what the policy says of it: findings only make a verdict stricter. A signal about a
 * text (`injection`) decides nothing; secrets are refused before (judge.ts).
 */
import type { ApprovalTerms } from '../../core/contracts/approval.ts';
import type { RuleHit } from '../../core/contracts/decision.ts';
import type { Finding, Risk } from '../../core/contracts/labels.ts';
import type { EffectClass } from '../../core/contracts/tool.ts';
import type { CompiledPolicy } from '../../policy/index.ts';
import { strictestDefaultTerms } from './default-terms.ts';

interface Weighed {
  verdict: 'allow' | 'ask' | 'deny';
  rules: RuleHit[];
  risk: Risk;
  terms: ApprovalTerms | undefined;
}

const signals = new Set(['injection', 'secrets']);

/**
 * `critical` denies; `high` asks; `medium` asks where a tool claims to read only, because then it does not, and of a guard of
 * the pack always. A policy that allows an effect has weighed a plain change.
 */
export function weighFindings(
  judged: Weighed,
  findings: readonly Finding[],
  effect: EffectClass,
  policies: readonly CompiledPolicy[],
): Weighed {
  const weighty = findings.filter(({ guard }) => !signals.has(guard));
  const worst = weighty.find(({ severity }) => severity === 'critical');
  if (worst) return { ...judged, verdict: 'deny', rules: [...judged.rules, hit('guard-denies', 'deny', worst)] };
  const asking = weighty.find(
    ({ guard, severity }) => severity === 'high' || (severity === 'medium' && (effect === 'read' || guard !== 'shell')),
  );
  if (!asking || judged.verdict !== 'allow') return judged;
  const terms = strictestDefaultTerms(policies);
  if (!terms) return { ...judged, verdict: 'deny', rules: [...judged.rules, hit('guard-asks', 'deny', asking)] };
  return { ...judged, verdict: 'ask', rules: [...judged.rules, hit('guard-asks', 'ask', asking)], terms };
}

function hit(id: string, effect: RuleHit['effect'], { guard, rule, message }: Finding): RuleHit {
  return { id, effect, reason: `guard ${guard} (${rule}): ${message}`.slice(0, 500) };
}
