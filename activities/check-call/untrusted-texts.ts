/**
 * What a run has read from untrusted places, kept as digests while this process lasts and read again from the store where it
 * is not. The store is the authority: another worker comes to the same answers. Nothing of it stands in a history.
 */
import type { Store } from '../../store/store.ts';
import { createTextIndex, findUntrustedValues, type TextIndex } from '../../guards/index.ts';
import { parseCallKey } from '../../core/contracts/call-names.ts';
import type { Finding } from '../../core/contracts/labels.ts';

/** Of the digests that are kept, of all runs together: thousands of short runs, or the eight that read most. */
const mostBytes = 64 * 1024 * 1024;
/** Of a run, and of a result's permit and call key, as V8 keeps them. */
const bytesOfRun = 2048;
const bytesOfResult = 512;

interface ReadTexts {
  index: TextIndex;
  /** Call keys by source, less 1. */
  sources: string[];
  /** Permit digests of the results that are in it. */
  known: Set<string>;
  /** All of what earlier turns read is in it. */
  wholeBelow: number;
  /** As counted when it was last asked. */
  bytes: number;
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
  let bytes = 0;

  return {
    async find({ workflowId, runEpoch, turn, isSettled }, args) {
      // A reset goes back to earlier turns, which then read other things.
      const key = `${workflowId} ${runEpoch}`;
      const texts = take(key);
      await readNew(texts, workflowId, turn);
      keep(key, texts);
      if (isSettled) texts.wholeBelow = Math.max(texts.wholeBelow, turn);
      return findUntrustedValues(args, texts.index, (source) => nameOf(texts.sources[source - 1]));
    },
  };

  function take(key: string): ReadTexts {
    const kept = runs.get(key);
    if (kept) return kept;
    const index = createTextIndex();
    const texts = { index, sources: [], known: new Set<string>(), wholeBelow: 0, bytes: bytesOfRun };
    runs.set(key, texts);
    bytes += texts.bytes;
    return texts;
  }

  /** As the one asked last; for it those asked longest ago may have to go. */
  function keep(key: string, texts: ReadTexts): void {
    // While it read, others may have sent it away.
    if (runs.get(key) !== texts) return;
    runs.delete(key);
    runs.set(key, texts);
    const now = bytesOfRun + texts.known.size * bytesOfResult + texts.index.bytes();
    bytes += now - texts.bytes;
    texts.bytes = now;
    for (const [oldest, ofOldest] of runs) {
      if (bytes <= mostBytes || ofOldest === texts) return;
      runs.delete(oldest);
      bytes -= ofOldest.bytes;
    }
  }

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
