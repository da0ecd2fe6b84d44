/**
 * Where the histories of a run come from: the Temporal server, a file, a test. A source only fetches; it is believed in
 * nothing, and what it leaves out shows in the checks.
 */
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import proto, { type temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** One link of a run with its whole history, decoded by the codec where there is one. */
export interface LinkHistory {
  linkRunId: string;
  history: History;
}

export interface HistorySource {
  /** All links known, in any order; none where the run is not known. */
  links(workflowId: string): Promise<LinkHistory[]>;
}

/** Proto JSON, as Temporal's own tools write it (`JSON.stringify` of a history cannot be replayed). */
export function historyToJson(history: History): unknown {
  const value: unknown = JSON.parse(historyToJSON(history));
  return value;
}

/**
 * Through the wire format: from JSON alone, times would hold plain numbers where the server's hold 64-bit integers.
 *
 * @throws {TypeError} for what is no history.
 */
export function historyFromJson(value: unknown): History {
  const { History: type } = proto.temporal.api.history.v1;
  return type.decode(type.encode(historyFromJSON(value)).finish());
}
