/**
 * Tells "not now" from "no" (contracts.md §3.6). Only the closed list holds; everything else is somebody's defect or
 * attack, and the caller refuses.
 */
import type { Hold } from '../core/contracts/activities.ts';
import { CountersignError } from '../core/errors.ts';

const holding = new Set(['store-unavailable', 'key-unavailable', 'server-unavailable', 'clock-skew'] as const);
type HoldingCode = 'store-unavailable' | 'key-unavailable' | 'server-unavailable' | 'clock-skew';

/** The hold that an error stands for; undefined when it stands for a refusal. */
export function holdOf(error: unknown): Hold | undefined {
  if (!(error instanceof CountersignError)) return undefined;
  const { code } = error;
  return isHolding(code) ? { kind: 'hold', code, reason: error.message } : undefined;
}

function isHolding(code: string): code is HoldingCode {
  return (holding as ReadonlySet<string>).has(code);
}
