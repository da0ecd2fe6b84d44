/**
 * The policy engine's public list. Pure and synchronous: for activities, the CLI and audit, never for workflow code.
 */
export { parseDuration } from './duration.ts';
export {
  applyAfterDenial,
  applyBuiltInRules,
  applyNewEpoch,
  applyRefusals,
  applyUntrustedContext,
  decideByPolicy,
} from './built-in-rules.ts';
export { blockedAtStart } from './blocked.ts';
export { builtInRuleIds } from './built-in-rule-ids.ts';
export { type CompiledPolicy, type CompiledRule, defaultTerms, type PolicyLimits } from './compiled-policy.ts';
export { defaultPolicyText } from './default-policy.ts';
export { type CounterLimit, countersOf } from './counters.ts';
export { policyAt } from './hours.ts';
export { type QuotaLimit, quotasOf } from './quotas.ts';
export { costOf } from './usage.ts';
export { trustsResults } from './trusted-results.ts';
export { evaluatePolicy } from './evaluate.ts';
export { riskOrigins } from './risk.ts';
export type { ReadShell, ShellReading, ValidateCommand } from './functions/shell-facts.ts';
export type { ModelUsage, PolicyInput } from './input.ts';
export { comparePolicies, mayBeLooser, type PolicyDifference } from './compare.ts';
export { type Explanation, explainPolicy, type RuleExplanation } from './explain.ts';
export { formatPolicy } from './format.ts';
export { type GuardSettings, guardSettings, isAtLeast, usualGuardSettings } from './guard-settings.ts';
export { policyWarnings, type PolicyWarning } from './warnings.ts';
export { decideByLayers, type LayeredVerdict, layerLabel, type LayerPolicy, teamsOf } from './layers.ts';
export { type LoadedPolicy, type LoadOptions, loadPolicy } from './load.ts';
export { formatProblem, type PolicyProblem } from './problems.ts';
export { groupsOf, namesOf, peopleOf, personOf, rolesOf } from './roles.ts';
export { type PolicySource, policySourceSchema } from './schema.ts';
export { combineTerms, joinSets, mostEdits } from './terms.ts';
export { type Effect, type PolicyVerdict, stricterVerdict } from './verdict.ts';
export {
  type CastVote,
  channelRefusal,
  judgeVoter,
  type JudgedVoter,
  mayBeRequesters,
  needsStepUp,
  type Voter,
} from './voter.ts';
