/** The built-in guards: pure checks that return findings. What a finding leads to is decided by who asked. */
export { builtInGuards, largestInputBytes } from './built-in-guards.ts';
export {
  defineGuard,
  checkGuard,
  type CheckOptions,
  type Guard,
  GuardFault,
  type GuardInput,
  type GuardPoint,
  guardPoints,
  type GuardProgram,
  type GuardSource,
  mostSpareMs,
  pointMs,
} from './define-guard.ts';
export { findInjection } from './injection/find-injection.ts';
export { checkInput, type InputLimits } from './input/check-input.ts';
export { sanitiseError, textOfError } from './input/sanitise-error.ts';
export { checkPath, type PathOptions } from './paths/check-path.ts';
export {
  type GuardFailure,
  guardFailedRule,
  type GuardRun,
  type Outcome,
  runGuards,
  type Within,
} from './run-guards.ts';
export { findRedactions } from './secrets/find-redactions.ts';
export { findSecrets, type SecretOptions } from './secrets/find-secrets.ts';
export { type Redacted, redactSecrets, redactSecretsNow } from './secrets/redact-secrets.ts';
export { type CommandFact, type ShellClass, classifyShell, type ShellFacts, type ShellVerdict } from './shell/index.ts';
export { shellReaders } from './shell/shell-readers.ts';
export { type ShellFinding, shellFindings } from './shell/find-shell-findings.ts';
export { findUntrustedValues } from './untrusted/find-untrusted-values.ts';
export { createTextIndex, type TextIndex } from './untrusted/text-index.ts';
export { isHostName } from './url/host-names.ts';
export { checkUrl, type UrlOptions } from './url/check-url.ts';
export { isPublicAddress } from './url/is-public-address.ts';
