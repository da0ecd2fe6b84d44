/**
 * What several policies say about the guards themselves, where there is no call to judge: which are switched off, and from
 * which severity a finding refuses a text. As with verdicts the stricter one counts: a guard is off only where each of them
 * switches it off, and the lowest severity refuses.
 */
import type { CompiledPolicy } from './compiled-policy.ts';
import { severities, type Severity } from './schema-parts.ts';

export interface GuardSettings {
  /** Why the guard does not count; undefined: it does. */
  offBecause(guard: string): string | undefined;
  /** Lowest severity that refuses a text; undefined: no policy says. */
  blocksFrom(guard: string): Severity | undefined;
}

/** Of no policy: every guard counts. */
export const usualGuardSettings: GuardSettings = { offBecause: () => undefined, blocksFrom: () => undefined };

export function guardSettings(policies: readonly CompiledPolicy[]): GuardSettings {
  // What keeps secrets out of the record is only switched off by its own name.
  const stated = (guard: string) =>
    policies.map(({ guards }) => guards.get(guard) ?? (guard === 'secrets' ? undefined : guards.get('default')));
  return {
    offBecause(guard) {
      const reasons = stated(guard).flatMap((one) => (one?.kind === 'off' ? [one.acknowledge] : []));
      return policies.length > 0 && reasons.length === policies.length ? reasons[0] : undefined;
    },
    blocksFrom(guard) {
      const blocks = stated(guard).flatMap((one) => (one?.kind === 'verdicts' && one.block ? [one.block] : []));
      return severities.find((severity) => blocks.includes(severity));
    },
  };
}

export function isAtLeast(severity: Severity, bound: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(bound);
}
