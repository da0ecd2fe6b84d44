/**
 * Keeps what redaction took out, encrypted, where that is switched on. It never holds a run up or changes what a text is redacted to:
 * what cannot be kept is told, without the secret, and is lost; an effect that happened must not look unknown for it.
 */
import type { Clock } from '../core/clock.ts';
import { workflowIdSchema } from '../core/contracts/ids.ts';
import { CountersignError } from '../core/errors.ts';
import type { RedactionKey } from '../keys/index.ts';
import type { Store } from '../store/store.ts';

export interface TakenSecret {
  mark: string;
  secret: string;
}
export type KeepRedactions = (workflowId: string, taken: readonly TakenSecret[]) => Promise<void>;

/** What is not kept, and why: a tool's output is an attacker's to choose, and must not fill the store. */
export interface LostRedactions {
  workflowId: string;
  count: number;
  because: 'too-many' | 'too-long' | 'not-stored';
  code?: string;
}

export interface KeepRedactionsDependencies {
  store: Pick<Store, 'keepRedactions'>;
  key: RedactionKey;
  clock: Clock;
  report: (lost: LostRedactions) => void;
}

/** Of a run, by one process. */
const mostOfRun = 1000;
/** Characters of one secret. */
const longestSecret = 64 * 1024;
const mostRuns = 100;

export function createKeepRedactions({ store, key, clock, report }: KeepRedactionsDependencies): KeepRedactions {
  const entriesByRun = new Map<string, Set<string>>();
  return async (workflowId, taken) => {
    // An activity that somebody started outside a workflow is no run.
    if (!workflowIdSchema.safeParse(workflowId).success) return;
    if (entriesByRun.size >= mostRuns && !entriesByRun.has(workflowId)) entriesByRun.clear();
    const kept = entriesByRun.get(workflowId) ?? new Set<string>();
    entriesByRun.set(workflowId, kept);
    const lose = (because: LostRedactions['because'], count: number, code?: string): void => {
      if (count > 0) report({ workflowId, count, because, ...(code === undefined ? {} : { code }) });
    };
    const short = taken.filter(({ secret }) => secret.length <= longestSecret);
    lose('too-long', taken.length - short.length);
    const secretByEntry = new Map(short.map((one) => [key.entryOf({ workflowId, ...one }), one]));
    const fresh = [...secretByEntry].filter(([entry]) => !kept.has(entry));
    const wanted = fresh.slice(0, Math.max(0, mostOfRun - kept.size));
    lose('too-many', fresh.length - wanted.length);
    if (wanted.length === 0) return;
    // Before the wait: another text of the run with the same secret need not write it too.
    for (const [entry] of wanted) kept.add(entry);
    try {
      await store.keepRedactions(wanted.map(([, one]) => key.seal({ workflowId, ...one }, clock.now())));
    } catch (error) {
      for (const [entry] of wanted) kept.delete(entry);
      lose('not-stored', wanted.length, error instanceof CountersignError ? error.code : 'internal-fault');
    }
  };
}
