/**
 * The frame of a record: order of events, links that follow from each other, an end, and nothing in between that no code of
 * ours asks for.
 */
import { digestOfValue } from './decode-payload.ts';
import type { Checks } from './checks.ts';
import { readCloseResult, readCompaction, readModelResult, readNotifyResult, readOpenResult } from './read-results.ts';
import { endOf, entriesOf, type LinkRecord, type RecordEntry, type RunRecord } from './record-types.ts';

const activityTypes = ['callModel', 'compactTranscript', 'runTool', 'notifyApprovers', 'closeRun'];
const localTypes = ['openRun', 'checkCall', 'verifyVotes'];

/** Of `runTool` elsewhere: its receipts are opened there. */
const readerByActivity: Readonly<Record<string, (result: unknown) => unknown>> = {
  callModel: readModelResult,
  compactTranscript: readCompaction,
  notifyApprovers: readNotifyResult,
  closeRun: readCloseResult,
};

export function verifyChain(record: RunRecord, checks: Checks): void {
  for (const link of record.links) verifyLink(record, link, checks);
  const last = record.links.at(-1);
  const end = last && endOf(last);
  const place = last ? { link: last.origin.linkRunId, eventId: last.eventIds.at(-1) ?? 0 } : null;
  if (!end) {
    checks.skip('ended', place, 'the history stops before the end of the run: it still runs, or its tail is missing');
  } else if (end.how === 'continued-as-new') {
    checks.skip('ended', place, 'the link that follows is missing');
  } else if (wasCutFromOutside(record)) {
    const reason = `the run was cut from outside (${end.how}): what followed, if anything, is not in the record`;
    checks.skip('ended', place, reason);
  } else checks.expect('ended', true, place, '');
}

function verifyLink(record: RunRecord, link: LinkRecord, checks: Checks): void {
  const { linkRunId } = link.origin;
  const start = { link: linkRunId, eventId: 1 };
  const gap = link.eventIds.findIndex((id, index) => id !== index + 1);
  checks.expect(
    'history-order',
    gap === -1,
    { link: linkRunId, eventId: gap + 1 },
    'an event is missing or out of order',
  );
  const agentRun = link.workflowType === 'agentRun';
  checks.expect('shape', agentRun, start, `the workflow is "${link.workflowType.slice(0, 100)}", not an agent run`);
  for (const entry of link.entries) {
    const known =
      entry.kind === 'activity'
        ? activityTypes.includes(entry.activityType)
        : entry.kind !== 'local' || localTypes.includes(entry.activityType);
    checks.expect('shape', known, entry, 'an activity ran that no agent run asks for');
    if (entry.kind === 'local' && entry.activityType === 'openRun' && !entry.failed) {
      const shaped = readOpenResult(entry.result) !== undefined;
      checks.expect('shape', shaped, entry, 'the answer about the run’s opening has another shape');
    }
    if (entry.kind === 'activity' && entry.end?.kind === 'completed') {
      const read = readerByActivity[entry.activityType];
      const shaped = !read || read(entry.end.result) !== undefined;
      checks.expect('shape', shaped, entry, `the result of "${entry.activityType.slice(0, 100)}" has another shape`);
    }
  }
  verifyPlaceInChain(record, link, checks);
}

function verifyPlaceInChain(record: RunRecord, link: LinkRecord, checks: Checks): void {
  const { origin } = link;
  const place = { link: origin.linkRunId, eventId: 1 };
  const [first] = record.links;
  checks.expect('chain', origin.firstRunId === first?.origin.firstRunId, place, 'the link is of another chain');
  if (origin.previousRunId === null) {
    checks.expect('chain', origin.firstRunId === origin.linkRunId, place, 'the first link of the chain is another one');
    checks.expect('chain', link === first, place, 'two links claim to be the first');
    return;
  }
  const before = record.links.find((one) => one.origin.linkRunId === origin.previousRunId);
  if (!before) return checks.skip('chain', place, 'the link before is missing');
  if (origin.kind === 'reset') verifyFork(before, link, checks);
  else verifyContinued(before, link, checks);
}

function verifyContinued(before: LinkRecord, link: LinkRecord, checks: Checks): void {
  const place = { link: link.origin.linkRunId, eventId: 1 };
  const end = endOf(before);
  const named = end?.how === 'continued-as-new' && end.nextRunId === link.origin.linkRunId;
  checks.expect('chain', named, place, 'the link before did not continue as this one');
  if (named) {
    const same = digestOfValue(end.value) === digestOfValue(link.input);
    checks.expect('chain', same, place, 'the link started with another input than the one before it handed on');
  }
}

/** Up to the fork a reset's history is a copy. A link that still ran is ended by the server in the transaction that resets it. */
function verifyFork(base: LinkRecord, link: LinkRecord, checks: Checks): void {
  const { forkEventId } = link.origin;
  const place = { link: base.origin.linkRunId, eventId: base.eventIds.at(-1) ?? 0 };
  checks.expect('chain', endOf(base) !== undefined, place, 'the link was reset, and its end is missing');
  const copied = new Map(base.entries.map((entry) => [entry.eventId, entry]));
  for (const entry of link.entries) {
    if (!entry.copied) continue;
    const original = copied.get(entry.eventId);
    const same = original !== undefined && essence(original, forkEventId) === essence(entry, forkEventId);
    checks.expect('chain', same, entry, 'a copied event differs from the link that was reset');
  }
  const lost = base.entries.find(
    (entry) => entry.eventId < forkEventId && !link.entries.some(({ eventId }) => eventId === entry.eventId),
  );
  checks.expect('chain', !lost, { link: link.origin.linkRunId, eventId: forkEventId }, 'a copied event is missing');
}

/** An entry without what was added to it after the fork. */
function essence(entry: RecordEntry, forkEventId: number): string | null {
  const { link: _link, copied: _copied, ...rest } = entry;
  if (rest.kind === 'activity') {
    const ended = (rest.endEventId ?? Number.POSITIVE_INFINITY) < forkEventId;
    return digestOfValue(
      ended
        ? { ...rest, startedAt: 0, attempts: 0 }
        : { ...rest, startedAt: 0, attempts: 0, endedAt: 0, endEventId: 0, end: 0 },
    );
  }
  return digestOfValue(rest.kind === 'timer' ? { ...rest, endedAt: 0, end: 0 } : rest);
}

/** Ids under which the events of this entry may have been executed: its own link, or for a copy any that it came from. */
export function linksOfEntry(record: RunRecord, entry: Pick<RecordEntry, 'link' | 'copied'>): string[] {
  const ids = [entry.link];
  let current = record.links.find((link) => link.origin.linkRunId === entry.link);
  while (entry.copied && current?.origin.kind === 'reset' && current.origin.previousRunId) {
    const { previousRunId } = current.origin;
    if (ids.includes(previousRunId)) break;
    ids.push(previousRunId);
    current = record.links.find((link) => link.origin.linkRunId === previousRunId);
  }
  return ids;
}

/**
 * Whether the record ends where the code did not end it. A reset terminates the link that it forks from: whoever deletes what
 * the reset made leaves a chain that looks like this, so it proves no end.
 */
export function wasCutFromOutside(record: RunRecord): boolean {
  const last = record.links.at(-1);
  const how = last && endOf(last)?.how;
  return how === 'terminated' || how === 'timed-out';
}

/** Whether the run failed, or somebody cancelled or reset it after this entry. */
export function wasCut(record: RunRecord, entry: RecordEntry): boolean {
  if (wasCutFromOutside(record)) return false;
  const reset = record.links.some((link) => link.origin.kind === 'reset' && link.origin.linkRunId !== entry.link);
  return reset || entriesOf(record.links, 'end').some((end) => end.how === 'failed' || end.how === 'cancelled');
}
