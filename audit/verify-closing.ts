/**
 * The end of a run as the ledger has it against the history: nothing is noted that no link asked for, and what a link was told
 * is noted under the link that was told so. An end that somebody gave by its id never passes for one that was noted.
 */
import { isBetween } from './clock-bound.ts';
import type { OpenedEntry } from './ledger-entries.ts';
import type { OpenedRecord, OpeningOptions } from './open-record.ts';
import { readCloseInput, readCloseResult } from './read-results.ts';
import { type ActivityEntry, endOf, entriesOf, type LinkRecord, type RunRecord } from './record-types.ts';

/** @param registered links that the ledger knows: of one that was deleted since, nothing else tells */
export function verifyClosing(
  { record }: OpenedRecord,
  closings: readonly Extract<OpenedEntry, { kind: 'run-closed' }>[],
  registered: ReadonlySet<string>,
  { checks }: OpeningOptions,
): void {
  const last = record.links.at(-1);
  if (!last) return;
  for (const link of record.links.slice(0, -1)) {
    const { linkRunId } = link.origin;
    if (endOf(link)?.how !== 'completed' || !registered.has(linkRunId) || !closedHere(record, link)) continue;
    const noted = closings.some(({ body }) => body.linkRunId === linkRunId);
    const place = { link: linkRunId, eventId: link.eventIds.at(-1) ?? 0 };
    checks.expect(
      'store-ledger',
      noted,
      place,
      'the ledger does not say that the link closed the run before it was reset',
    );
  }
  const place = { link: last.origin.linkRunId, eventId: last.eventIds.at(-1) ?? 0 };
  const closed = entriesOf(record.links, 'activity').filter((entry) => entry.activityType === 'closeRun');
  for (const { body, at, callKey } of closings) {
    const own = closed.filter(({ link }) => link === body.linkRunId);
    const fits = own.some((entry) => closesAs(entry, body.outcome)) && callKey === null;
    const known = record.links.some(({ origin }) => origin.linkRunId === body.linkRunId);
    const heardOf = known || registered.has(body.linkRunId);
    checks.expect('store-ledger', heardOf, place, 'the ledger says of the end of a link that nobody knows');
    checks.expect('store-ledger', fits || !known, place, 'the ledger says of another end than the history');
    const inTime = own.some((entry) => isBetween(at, entry.at, entry.endedAt));
    checks.expect('store-ledger', inTime || !known, place, 'the run was closed at another time');
  }
  // Anybody with access to the namespace can end the activity by its id, before our worker takes it.
  const ended = lastClosing(last);
  if (!ended || endOf(last) === undefined) return;
  const executor = executorOf(record, ended);
  const isHere = (linkRunId: string): boolean => record.links.some(({ origin }) => origin.linkRunId === linkRunId);
  const said = closings.some(
    ({ body }) => body.linkRunId === executor || (!isHere(executor) && !isHere(body.linkRunId)),
  );
  checks.expect('store-ledger', said, place, 'the ledger does not say that the run was closed');
}

function closedHere(record: RunRecord, link: LinkRecord): boolean {
  const ended = lastClosing(link);
  return ended !== undefined && executorOf(record, ended) === link.origin.linkRunId;
}

function lastClosing(link: LinkRecord): ActivityEntry | undefined {
  return entriesOf([link], 'activity')
    .filter((entry) => entry.activityType === 'closeRun' && entry.end?.kind === 'completed')
    .at(-1);
}

/** The outcome that was asked for, or that a guard refused the answer. */
function closesAs({ input, end }: ActivityEntry, outcome: string): boolean {
  if (readCloseInput(input[0])?.outcome === outcome) return true;
  return outcome === 'refused' && end?.kind === 'completed' && readCloseResult(end.result)?.refusal !== undefined;
}

/**
 * The link whose worker gave the activity its end: a reset copies an activity that had ended before its fork, and runs again
 * what had only been scheduled. A forged chain may lead in a circle.
 */
function executorOf(record: RunRecord, { link, endEventId }: ActivityEntry): string {
  let executor = link;
  for (const _step of record.links) {
    const origin = record.links.find((one) => one.origin.linkRunId === executor)?.origin;
    const isCopy = origin?.kind === 'reset' && endEventId !== null && endEventId < origin.forkEventId;
    if (!isCopy || origin.previousRunId === null) break;
    executor = origin.previousRunId;
  }
  return executor;
}
