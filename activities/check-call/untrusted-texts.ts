/**
 * What a run has read from untrusted places, kept as digests while this process lasts and read again from the store where it
 * is not. The store is the authority: another worker comes to the same answers. Nothing of it stands in a history.
 */
import type { Store } from '../../store/store.ts';
import { createTextIndex, findUntrustedValues, type TextIndex } from '../../guards/index.ts';
import { parseCallKey } from '../../core/contracts/call-names.ts';
import type { Finding } from '../../core/contracts/labels.ts';

/** Runs whose digests are kept; each takes 7 MB. */
const mostRuns = 8;
interface ReadTexts {
  index: TextIndex;
  /** Call keys by source, less 1. */
  sources: string[];
  /** Permit digests of the results that are in it. */
  known: Set<string>;
  /** All of what earlier turns read is in it. */
  wholeBelow: number;
}

export interface UntrustedTexts {
  find(
    run: {
      workflowId: string;
      runEpoch: number;
      /** Of the call: what calls of its own turn read was not before the model. */
      turn: number;
      /** No permit of an earlier turn waits for its receipt. */
      isSettled: boolean;
    },
    args: Readonly<Record<string, unknown>>,
  ): Promise<Finding[]>;
}

export function createUntrustedTexts(store: Pick<Store, 'untrustedResults'>): UntrustedTexts {
  const runs = new Map<string, ReadTexts>();

  return {
    async find({ workflowId, runEpoch, turn, isSettled }, args) {
      // A reset goes back to earlier turns, which then read other things.
      const key = `${workflowId} ${runEpoch}`;
      const texts = runs.get(key) ?? { index: createTextIndex(), sources: [], known: new Set<string>(), wholeBelow: 0 };
      runs.delete(key);
      runs.set(key, texts);
      const oldest = runs.size > mostRuns ? runs.keys().next().value : undefined;
      if (oldest !== undefined) runs.delete(oldest);
      await readNew(texts, workflowId, turn);
      if (isSettled) texts.wholeBelow = Math.max(texts.wholeBelow, turn);
      return findUntrustedValues(args, texts.index, (source) => nameOf(texts.sources[source - 1]));
    },
  };

  async function readNew(texts: ReadTexts, workflowId: string, turn: number): Promise<void> {
    const query = { workflowId, fromTurn: texts.wholeBelow, otherThanTurn: turn };
    for (const { permitDigest, callKey, text } of await store.untrustedResults(query)) {
      if (texts.known.has(permitDigest)) continue;
      // Behind so many the oldest names are given to others, as the oldest digests are.
      const place = texts.known.size % 0xffff;
      texts.known.add(permitDigest);
      texts.sources[place] = callKey;
      texts.index.add(text, place + 1);
    }
  }
}

function nameOf(callKey: string | undefined): string {
  if (callKey === undefined) return 'an earlier result';
  const { turn, index } = parseCallKey(callKey);
  return `the result of call ${turn}.${index}`;
}
