/**
 * What a command asked for beside its arguments, against the history: time limits, retries, summaries, search attributes.
 * Only for a run that this very build decided: another may have been tuned, which changes nothing that anybody decided.
 */
import type { ActivityEntry, ActivityOptions, LocalEntry, SearchAttributesEntry, TimerEntry } from './record-types.ts';
import type { Computed } from './replay-links.ts';

type Options = Extract<Computed, { kind: 'options' }>;
export type AskedOptions = Extract<Options, { of: 'activity' }>;

/** @returns what differs, in words; empty where nothing does */
export function differenceOfActivity({ options, summary }: ActivityEntry, asked: AskedOptions): string[] {
  const limits: (keyof Omit<ActivityOptions, 'retry'>)[] = [
    'scheduleToCloseMs',
    'scheduleToStartMs',
    'startToCloseMs',
    'heartbeatMs',
  ];
  const differing: string[] = limits.filter((name) => !isLimit(options, name, asked));
  if (!isRetry(options.retry, asked.retry)) differing.push('retries');
  if (summary !== asked.summary) differing.push('summary');
  return differing;
}

/** The server cuts a limit to the longer one that it lies in; where the code gives none, it takes that one, or none. */
function isLimit(options: ActivityOptions, name: keyof Omit<ActivityOptions, 'retry'>, asked: AskedOptions): boolean {
  const given = asked[name] ?? 0;
  const whole = (name === 'heartbeatMs' ? asked.startToCloseMs : asked.scheduleToCloseMs) ?? 0;
  if (given > 0) return options[name] === (whole > 0 ? Math.min(given, whole) : given);
  return options[name] === 0 || (name !== 'heartbeatMs' && options[name] === whole);
}

const serverDefaults = { initialIntervalMs: 1000, backoffCoefficient: 2, longestIntervals: 100 };

function isRetry(recorded: ActivityOptions['retry'], asked: AskedOptions['retry']): boolean {
  const initialIntervalMs = asked?.initialIntervalMs || serverDefaults.initialIntervalMs;
  return (
    recorded.initialIntervalMs === initialIntervalMs &&
    recorded.backoffCoefficient === (asked?.backoffCoefficient || serverDefaults.backoffCoefficient) &&
    recorded.maximumIntervalMs === (asked?.maximumIntervalMs || initialIntervalMs * serverDefaults.longestIntervals) &&
    recorded.maximumAttempts === (asked?.maximumAttempts ?? 0)
  );
}

export function sameSummary({ summary }: LocalEntry, asked: Extract<Options, { of: 'local' | 'timer' }>): boolean {
  return summary === asked.summary;
}

export function sameTimerSummary({ summary }: TimerEntry, asked: Extract<Options, { of: 'local' | 'timer' }>): boolean {
  return (summary === null ? null : JSON.stringify(summary)) === asked.summary;
}

export function sameShown(
  { shown }: SearchAttributesEntry,
  asked: Extract<Options, { of: 'search-attributes' }>,
): boolean {
  const names = Object.keys(shown);
  return names.length === Object.keys(asked.shown).length && names.every((name) => shown[name] === asked.shown[name]);
}
