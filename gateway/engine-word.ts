/**
 * The engine's word beside the store's: a run that was ended from outside (terminated, timed out, forgotten by its server)
 * leaves its row open for ever, since nobody was left to close it. What is shown then is what the engine says.
 */
import type { RunView } from '../client/gateway-schemas.ts';
import type { RunDetail } from '../client/run-detail-schemas.ts';
import type { CurrentLink } from '../client/run-record.ts';
import type { RunFailure } from '../client/run-trouble.ts';
import { makeVisible } from '../core/make-visible.ts';
import type { RunRow } from '../store/store.ts';
import { oncePer } from './once-per.ts';
import type { GatewayContext } from './options.ts';

/** Undefined: the server knows no such run. Null: it is out of reach. */
export type EngineWord = CurrentLink | undefined | null;

const longestReason = 500;
const activityWords: Readonly<Record<string, string>> = {
  callModel: 'asking the model',
  compactTranscript: 'shortening the transcript',
  runTool: 'running a tool',
  notifyApprovers: 'telling the approvers',
  closeRun: 'closing the record',
};

/** Asks once for each run; a server that did not answer is not asked about the next one: each question costs a deadline. */
export function engineWords({ door }: Pick<GatewayContext, 'door'>): (workflowId: string) => Promise<EngineWord> {
  let away = false;
  const ask = async (workflowId: string): Promise<EngineWord> => {
    if (away) return null;
    try {
      return await door.currentLink(workflowId);
    } catch {
      away = true;
      return null;
    }
  };
  return oncePer(ask);
}

export function statusOf(word: EngineWord): RunDetail['engine'] {
  return word === null ? null : (word?.status ?? 'not-found');
}

/** A row that says how its run ended is believed; an open one only while the engine does not say otherwise. */
export function asEngineSays(view: RunView, word: EngineWord): RunView {
  if (view.status === 'closed' || word === null || word?.status === 'running') return view;
  return { ...view, status: 'closed', outcome: word ? (word.endedAs ?? 'closed') : 'not-found' };
}

/** Nobody waits any more for what this run asked. */
export function hasEnded(row: RunRow | null, word: EngineWord): boolean {
  return (row !== null && row.closedAt !== null) || (word !== null && word?.status !== 'running');
}

/** What fails and is tried again, in words for people. */
export function troubleOf(word: EngineWord): RunDetail['trouble'] {
  // The server keeps what was pending when a run was terminated: none of it is tried again.
  if (word?.status !== 'running') return [];
  return (word.failing ?? []).map(({ activity, attempt, reason, nextAttemptAt }) => ({
    activity: activityWords[activity] ?? shown(activity),
    attempt,
    reason: shown(reason),
    nextAttemptAt,
  }));
}

export function shownFailure(failure: RunFailure | null | undefined): RunDetail['failure'] {
  return failure ? { code: shown(failure.code), message: shown(failure.message) } : null;
}

/** A provider, a server or a tool wrote it: cut, and with nothing in it that steers a terminal. */
function shown(text: string): string {
  const cut = text.length > longestReason ? `${text.slice(0, longestReason)}…` : text;
  return makeVisible(cut);
}
