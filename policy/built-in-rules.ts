/**
 * The engine's own rules: they only make a verdict stricter. Those that refuse are in files of their own; each of those here
 * raises an `allow` to an `ask` under the terms of the rules that allowed it, else `approvals.default`; where there are no
 * terms it denies.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { RuleHit } from '../core/contracts/decision.ts';
import { blockedHits } from './blocked.ts';
import { canonicalLength } from './canonical-length.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { evaluatePolicy, termsOf } from './evaluate.ts';
import type { PolicyInput } from './input.ts';
import { argumentByteHits, limitHits } from './limit-rules.ts';
import { policyAt } from './hours.ts';
import { allowlistHits, constraintHits, guardHits } from './list-rules.ts';
import { riskOf } from './risk.ts';
import { type PolicyVerdict, ruleHit, verdictOf } from './verdict.ts';

/** What the gate asks: the policy's rules and the engine's, for one policy. Never throws. */
export function decideByPolicy(policy: CompiledPolicy, input: PolicyInput): PolicyVerdict {
  try {
    const sized = withSize(input);
    const held = policy.hours.length === 0 ? policy : policyAt(policy, input.now);
    return denyTooLarge(held, sized) ?? applyBuiltInRules(held, sized, evaluatePolicy(held, sized));
  } catch {
    return verdictOf('deny', [policyFault], 'critical');
  }
}

const policyFault = ruleHit('policy-fault', 'deny', 'The policy could not be evaluated for this call');

/** Measured once. What is no JSON has no size; whoever judges its shape says so. */
function withSize(input: PolicyInput): PolicyInput {
  try {
    return input.argumentBytes === undefined ? { ...input, argumentBytes: canonicalLength(input.args) } : input;
  } catch {
    return input;
  }
}

/** Before any condition reads them: the model chooses the arguments, and what is too large is not worth the work. */
function denyTooLarge(policy: CompiledPolicy, input: PolicyInput): PolicyVerdict | undefined {
  if (input.argumentBytes === undefined) return undefined;
  const hits = argumentByteHits(policy, input);
  return hits.length === 0 ? undefined : verdictOf('deny', hits, riskOf(policy, input));
}

/** All of the engine's rules; never looser than the verdict given. */
export function applyBuiltInRules(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  if (verdict.verdict === 'deny') return verdict;
  try {
    return [applyRefusals, applyGuards, applyRequire, applyUntrustedContext, applyAfterDenial, applyNewEpoch].reduce(
      (current, apply) => apply(policy, input, current),
      verdict,
    );
  } catch {
    return verdictOf('deny', [...verdict.rules, policyFault], verdict.risk);
  }
}

/** Limits, blocked people, words and tools, allowlists, constraints. */
export function applyRefusals(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  return denyBy(verdict, [
    ...argumentByteHits(policy, input),
    ...limitHits(policy, input),
    ...blockedHits(policy, input),
    ...constraintHits(policy, input),
    ...allowlistHits(policy, input),
  ]);
}

/** `guard-denies`, `guard-asks`, `guard-off`: by the severity of what the guards found. */
export function applyGuards(policy: CompiledPolicy, input: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  const hits = guardHits(policy, input);
  const denied = denyBy(
    verdict,
    hits.filter((hit) => hit.effect === 'deny'),
  );
  if (denied.verdict === 'deny') return denied;
  const off = hits.filter((hit) => hit.id === 'guard-off');
  const noted = off.length === 0 ? verdict : { ...verdict, rules: [...verdict.rules, ...off] };
  const asking = hits.find((hit) => hit.effect === 'ask');
  return asking ? raise(policy, noted, asking.id, asking.reason) : noted;
}

/** `approval-required`: what `require` says of all calls or of a risk. */
export function applyRequire(policy: CompiledPolicy, _: PolicyInput, verdict: PolicyVerdict): PolicyVerdict {
  const required = policy.require;
  if (!required?.risks.has(verdict.risk)) return verdict;
  return raise(policy, verdict, 'approval-required', `A call of risk ${verdict.risk} needs approval`, required.terms);
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

function denyBy(verdict: PolicyVerdict, hits: readonly RuleHit[]): PolicyVerdict {
  return hits.length === 0 ? verdict : verdictOf('deny', [...verdict.rules, ...hits], verdict.risk);
}

/** @param own terms to ask under beside those that hold already; absent: those of the rules that allowed */
function raise(
  policy: CompiledPolicy,
  verdict: PolicyVerdict,
  id: string,
  reason: string,
  own?: ApprovalTerms,
): PolicyVerdict {
  if (verdict.verdict === 'deny') return verdict;
  const asked = verdict.verdict === 'ask' ? (verdict.terms ? [verdict.terms] : []) : undefined;
  const terms = own ? [...(asked ?? []), own] : (asked ?? termsOf(allowingRules(policy, verdict)));
  if (terms.length > 0) return verdictOf('ask', [...verdict.rules, ruleHit(id, 'ask', reason)], verdict.risk, terms);
  const hit = ruleHit(id, 'deny', `${reason}, and the policy has no terms to ask under`);
  return verdictOf('deny', [...verdict.rules, hit], verdict.risk);
}

function allowingRules(policy: CompiledPolicy, verdict: PolicyVerdict): CompiledRule[] {
  const ids = new Set(verdict.rules.filter((hit) => hit.effect === 'allow').map((hit) => hit.id));
  return policy.rules.filter((rule) => ids.has(rule.id));
}
