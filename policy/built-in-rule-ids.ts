/**
 * Ids of the rules that are the engine's own or the gate's: no rule of a file may use one, so that a decision cannot be
 * misread. The gate's are listed here because the file is checked here.
 */
const ofThePolicyEngine = [
  'no-rule-matches',
  'condition-error',
  'input-invalid',
  'policy-fault',
  'after-denial',
  'new-epoch',
  'untrusted-context',
  'limit-calls-per-run',
  'limit-calls-per-turn',
  'limit-turns',
  'limit-argument-bytes',
] as const;
const ofTheGate = [
  'approval-expired',
  'approval-stale',
  'arguments-invalid',
  'cannot-decide',
  'denied-before',
  'denied-by-person',
  'dry-run',
  'further-try',
  'gate-fault',
  'guard-asks',
  'guard-denies',
  'no-eligible-approver',
  'nothing-to-probe',
  'other-arguments',
  'policy-missing',
  'reconcile',
  'reconciled-did-not-happen',
  'reconciled-happened',
  'reconciled-unanswered',
  'run-ended',
  'secret-in-arguments',
  'settle-probe',
  'settle-void',
  'superseded',
  'unknown-tool',
  'unproved-try',
] as const;

export const engineRuleIds: ReadonlySet<string> = new Set(ofThePolicyEngine);
export const builtInRuleIds: ReadonlySet<string> = new Set([...ofThePolicyEngine, ...ofTheGate]);
