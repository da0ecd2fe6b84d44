/**
 * The engine's own rules: they are in no file, and they only make a verdict stricter. Each raises an `allow` to an `ask`
 * under the terms of the rules that allowed it, else `approvals.default`; where there are no terms it denies.
 */
import type { RuleHit } from '../core/contracts/decision.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { evaluatePolicy, termsOf } from './evaluate.ts';
import type { PolicyInput } from './input.ts';
import { canonicalLength } from './canonical-length.ts';
import { riskOf } from './risk.ts';
import { type PolicyVerdict, ruleHit, verdictOf } from './verdict.ts';

/** What the gate asks: the policy's rules and the engine's, for one policy. Never throws. */
export function decideByPolicy(policy: CompiledPolicy, input: PolicyInput): PolicyVerdict {
  return denyTooLarge(policy, input) ?? applyBuiltInRules(policy, input, evaluatePolicy(policy, input));
}

/** Before any condition reads them: the model chooses the arguments, and what is too large is not worth the work. */
function denyTooLarge(policy: CompiledPolicy, input: PolicyInput): PolicyVerdict | undefined {
  try {
    const hits = overArgumentBytes(policy, input);
    return hits.length === 0 ? undefined : verdictOf('deny', hits, riskOf(policy, input));
  } catch {
    // No JSON: whoever judges its shape says so.
    return undefined;
  }
}

function overArgumentBytes({ limits }: CompiledPolicy, { args }: PolicyInput): RuleHit[] {
  return over('limit-argument-bytes', 'The arguments are too large', canonicalLength(args), limits.argumentBytes);
}

/** All of the engine's rules; never looser than the verdict given. */
export function applyBuiltInRules(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  if (verdict.verdict === 'deny') return verdict;
  try {
    return [applyLimits, applyUntrustedContext, applyAfterDenial, applyNewEpoch].reduce(
      (current, apply) => apply(policy, input, current),
      verdict,
    );
  } catch {
    const hit = ruleHit('policy-fault', 'deny', 'The policy could not be evaluated for this call');
    return verdictOf('deny', [...verdict.rules, hit], verdict.risk);
  }
}

/** `after-denial`: after a person denied anything in this run, everything but reads asks. */
export function applyAfterDenial(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  if (input.denials <= 0 || input.tool.effect === 'read') return verdict;
  return raise(policy, verdict, 'after-denial', 'A person denied a call of this run');
}

/** `new-epoch`: after a reset, everything but reads asks: earlier approvals are void. */
export function applyNewEpoch(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  if (input.run.epoch <= 0 || input.tool.effect === 'read') return verdict;
  return raise(policy, verdict, 'new-epoch', 'The run was reset: earlier approvals do not hold');
}

/**
 * `untrusted-context`: anything but a read that would be allowed asks once untrusted content was read, unless the policy says
 * `labels: { untrusted: allow }`, or every rule that allows it says so.
 */
export function applyUntrustedContext(
  policy: CompiledPolicy,
  input: PolicyInput,
  verdict: PolicyVerdict,
): PolicyVerdict {
  if (verdict.verdict !== 'allow' || input.tool.effect === 'read' || !input.labels.includes('untrusted'))
    return verdict;
  const allowing = allowingRules(policy, verdict);
  if (policy.allowsUntrusted || (allowing.length > 0 && allowing.every((rule) => rule.allowsUntrusted))) return verdict;
  return raise(policy, verdict, 'untrusted-context', 'The run has read untrusted content');
}

/** `limit-…`: the policy's limits as far as the call itself shows them; the store counts them for good at admission. */
export function applyLimits(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  const { limits } = policy;
  const hits = [
    over('limit-calls-per-run', 'Too many tool calls in this run', input.run.calls + 1, limits.callsPerRun),
    over('limit-calls-per-turn', 'Too many tool calls in this turn', input.run.callsInTurn + 1, limits.callsPerTurn),
    over('limit-turns', 'Too many turns in this run', input.run.turn, limits.turns),
    overArgumentBytes(policy, input),
  ].flat();
  return hits.length === 0 ? verdict : verdictOf('deny', [...verdict.rules, ...hits], verdict.risk);
}

function over(id: string, reason: string, count: number, limit: number | undefined): RuleHit[] {
  if (limit === undefined || count <= limit) return [];
  return [ruleHit(id, 'deny', `${reason}: ${count}, at most ${limit}`)];
}

function raise(policy: CompiledPolicy, verdict: PolicyVerdict, id: string, reason: string): PolicyVerdict {
  if (verdict.verdict === 'deny') return verdict;
  const terms =
    verdict.verdict === 'ask' ? (verdict.terms ? [verdict.terms] : []) : termsOf(allowingRules(policy, verdict));
  if (terms.length > 0) return verdictOf('ask', [...verdict.rules, ruleHit(id, 'ask', reason)], verdict.risk, terms);
  const hit = ruleHit(id, 'deny', `${reason}, and the policy has no terms to ask under`);
  return verdictOf('deny', [...verdict.rules, hit], verdict.risk);
}

function allowingRules(policy: CompiledPolicy, verdict: PolicyVerdict): CompiledRule[] {
  const ids = new Set(verdict.rules.filter((hit) => hit.effect === 'allow').map((hit) => hit.id));
  return policy.rules.filter((rule) => ids.has(rule.id));
}
