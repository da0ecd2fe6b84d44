/**
 * What a guard's finding comes to where the policy says nothing of it, and which entries of a policy let more pass than that.
 * Such an entry is a guard switched off in part: it has to say why, whatever the words in which it is written.
 */
import type { EffectClass } from '../core/contracts/tool.ts';
import type { GuardFinding } from './input.ts';
import { type Complaint, quote } from './problems.ts';
import type { PolicySource } from './schema.ts';
import { type GuardSource, type Severity, severities } from './schema-parts.ts';
import type { Effect } from './verdict.ts';

/** A mark in a text decides nothing by itself: labels do. Secrets in arguments are refused before any policy is asked. */
const signals: ReadonlySet<string> = new Set(['injection', 'secrets']);

/**
 * `critical` denies; `high` asks; `medium` asks where a tool claims to read only, because then it does not, and of another guard
 * than the shell's always: a policy that allows an effect has weighed a plain change.
 */
export function usualVerdict(
  { guard, severity }: Pick<GuardFinding, 'guard' | 'severity'>,
  effect: EffectClass,
): Effect {
  if (signals.has(guard)) return 'allow';
  switch (severity) {
    case 'info':
    case 'low':
      return 'allow';
    case 'medium':
      return effect === 'read' || guard !== 'shell' ? 'ask' : 'allow';
    case 'high':
      return 'ask';
    default:
      // A severity of an unknown scale was meant to say something.
      return 'deny';
  }
}

/** Entries under `guards` that let pass what would be asked about, denied or refused without them, and do not say why. */
export function guardComplaints({ guards = {} }: PolicySource): Complaint[] {
  return Object.entries(guards).flatMap(([guard, entry]) =>
    'off' in entry || entry.acknowledge !== undefined
      ? []
      : passedBy(guard, entry).map(
          ({ key, what }): Complaint => ({
            path: ['guards', guard, key],
            found: `the guard ${quote(guard)} letting pass ${what}`,
            expected: '"acknowledge" with the reason beside it',
            remedy: 'add "acknowledge: why", or leave it out',
          }),
        ),
  );
}

function passedBy(guard: string, entry: Exclude<GuardSource, { off: true }>): { key: string; what: string }[] {
  const passed = severities
    .filter((severity) => entry[severity] === 'allow' && usualVerdict({ guard, severity }, 'read') !== 'allow')
    .map((key) => ({ key, what: `findings of severity ${key}` }));
  return blocksLess(guard, entry.block)
    ? [...passed, { key: 'block', what: 'texts with findings of severity high' }]
    : passed;
}

/** `high` refuses a text where nothing is said; the signals of injection refuse none. */
function blocksLess(guard: string, block: Severity | undefined): boolean {
  return block === 'critical' && guard !== 'injection';
}
