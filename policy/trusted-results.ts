/**
 * Whose results a policy trusts: they do not carry the label `untrusted`. Whoever answers for the run says so, in what it
 * pinned; the author of a tool cannot.
 */
import type { CompiledPolicy } from './compiled-policy.ts';
import { matchesTool } from './tool-pattern.ts';

export function trustsResults({ trustedResults }: Pick<CompiledPolicy, 'trustedResults'>, tool: string): boolean {
  return trustedResults.some((pattern) => matchesTool(pattern, tool));
}
