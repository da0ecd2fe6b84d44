/** The built-in guards: pure checks that return findings. What a finding leads to is decided by who asked. */
export { findInjection } from './injection/find-injection.ts';
export { checkInput, type InputLimits } from './input/check-input.ts';
export { sanitiseError } from './input/sanitise-error.ts';
export { findRedactions } from './secrets/find-redactions.ts';
export { findSecrets, type SecretOptions } from './secrets/find-secrets.ts';
export { type Redacted, redactSecrets } from './secrets/redact-secrets.ts';
export { type CommandFact, type ShellClass, classifyShell, type ShellFacts, type ShellVerdict } from './shell/index.ts';
