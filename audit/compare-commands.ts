/**
 * Compares what the code computed with what a history recorded, event by event: types and ids, and beyond Temporal's own
 * replay also arguments, queues, timers, results, and the position that each decision was made for. Time limits, retries and
 * summaries are compared where the same build decided: tuning them changes nothing that anybody decided.
 */
import { callKeyOf } from '../core/contracts/call-names.ts';
import { signedDecisionSchema } from '../core/contracts/decision.ts';
import { digestJson } from '../core/digest.ts';
import { digestOfValue } from './decode-payload.ts';
import { readCheckInput, readCheckResult, readVerifiedVotes } from './read-results.ts';
import { differenceOfActivity, sameShown, sameSummary, sameTimerSummary } from './compare-options.ts';
import {
  type ActivityEntry,
  type EndEntry,
  entriesOf,
  type LinkRecord,
  type LocalEntry,
  type SearchAttributesEntry,
  type TimerEntry,
} from './record-types.ts';
import type { Computed, ReplayedLink } from './replay-links.ts';
import { sameJson } from './same-json.ts';

/** A difference between the record and what the code makes of it. */
export interface Finding {
  link: string;
  /** Null where the whole link is meant. */
  eventId: number | null;
  what: string;
  /** Digests, so that a report never repeats what was planted. */
  recorded: string | null;
  computed: string | null;
}

/** @param sameBuild the code at hand is the code that decided: options are compared as well */
export function compareCommands(
  workflowId: string,
  record: LinkRecord,
  replayed: ReplayedLink,
  sameBuild: boolean,
): Finding[] {
  const shown = entriesOf([record], 'search-attributes');
  const findings = record.entries.flatMap((entry) => {
    switch (entry.kind) {
      case 'activity':
        return [...compareActivity(entry, replayed), ...(sameBuild ? compareActivityOptions(entry, replayed) : [])];
      case 'local':
        return [...compareLocal(workflowId, entry, replayed), ...(sameBuild ? compareSummary(entry, replayed) : [])];
      case 'timer':
        return [...compareTimer(entry, replayed), ...(sameBuild ? compareSummary(entry, replayed) : [])];
      case 'search-attributes':
        return sameBuild ? compareShown(entry, shown.indexOf(entry), replayed) : [];
      case 'end':
        return compareEnd(entry, replayed);
      case 'signal':
      case 'cancel-requested':
        return [];
    }
  });
  if (replayed.failure === null) return findings;
  const what = `replay failed: ${replayed.failure.slice(0, 500)}`;
  const eventId = firstNotAskedFor(record, replayed);
  return [{ link: record.origin.linkRunId, eventId, what, recorded: null, computed: null }, ...findings];
}

/** Where the record and the code part; null where the code asked for all that is recorded. */
function firstNotAskedFor({ entries }: LinkRecord, replayed: ReplayedLink): number | null {
  const first = entries.find((entry) => {
    switch (entry.kind) {
      case 'activity':
        return !computedOf(replayed, 'activity').some((one) => one.activityId === entry.activityId);
      case 'local':
        return !computedOf(replayed, 'local').some((one) => one.seq === entry.sequence);
      case 'timer':
        return !computedOf(replayed, 'timer').some((one) => String(one.seq) === entry.timerId);
      case 'search-attributes':
      case 'signal':
      case 'cancel-requested':
      case 'end':
        return false;
    }
  });
  return first?.eventId ?? null;
}

type OfKind<K extends Computed['kind']> = Extract<Computed, { kind: K }>;

function computedOf<K extends Computed['kind']>(replayed: ReplayedLink, kind: K): OfKind<K>[] {
  return replayed.computed.filter((one): one is OfKind<K> => one.kind === kind);
}

function compareActivity(entry: ActivityEntry, replayed: ReplayedLink): Finding[] {
  const computed = computedOf(replayed, 'activity').find((one) => one.activityId === entry.activityId);
  if (!computed) return missing(entry, `activity "${entry.activityType}"`, replayed);
  return [
    ...difference(entry, 'activity type', entry.activityType, computed.activityType),
    ...difference(entry, `input of "${entry.activityType}"`, entry.input, computed.args),
    ...(computed.taskQueue === null ? [] : difference(entry, 'task queue', entry.taskQueue, computed.taskQueue)),
  ];
}

function compareActivityOptions(entry: ActivityEntry, replayed: ReplayedLink): Finding[] {
  const { seq } = computedOf(replayed, 'activity').find((one) => one.activityId === entry.activityId) ?? {};
  const asked = computedOf(replayed, 'options').find((one) => one.of === 'activity' && one.seq === seq);
  if (asked?.of !== 'activity') return [];
  const differing = differenceOfActivity(entry, asked);
  const what = `options of "${entry.activityType}" (${differing.join(', ')})`;
  return differing.length === 0 ? [] : [found(entry, what, { ...entry.options, summary: entry.summary }, asked)];
}

function compareSummary(entry: LocalEntry | TimerEntry, replayed: ReplayedLink): Finding[] {
  const seq = entry.kind === 'local' ? entry.sequence : Number(entry.timerId);
  const asked = computedOf(replayed, 'options').find((one) => one.of === entry.kind && one.seq === seq);
  if (asked?.of !== 'local' && asked?.of !== 'timer') return [];
  const same = entry.kind === 'local' ? sameSummary(entry, asked) : sameTimerSummary(entry, asked);
  return same
    ? []
    : [
        found(
          entry,
          `summary of a ${entry.kind === 'local' ? 'local activity' : 'timer'}`,
          entry.summary,
          asked.summary,
        ),
      ];
}

/** They have no number of their own: the first is the first. */
function compareShown(entry: SearchAttributesEntry, ordinal: number, replayed: ReplayedLink): Finding[] {
  const asked = computedOf(replayed, 'options').filter((one) => one.of === 'search-attributes')[ordinal];
  if (asked?.of !== 'search-attributes') return missing(entry, 'search attributes', replayed);
  return sameShown(entry, asked) ? [] : [found(entry, 'search attributes', entry.shown, asked.shown)];
}

function compareTimer(entry: TimerEntry, replayed: ReplayedLink): Finding[] {
  const computed = computedOf(replayed, 'timer').find((one) => String(one.seq) === entry.timerId);
  if (!computed) return missing(entry, 'timer', replayed);
  return difference(entry, 'duration of a timer', entry.durationMs, Math.max(1, computed.durationMs));
}

function compareLocal(workflowId: string, entry: LocalEntry, replayed: ReplayedLink): Finding[] {
  const computed = computedOf(replayed, 'local').find((one) => one.seq === entry.sequence);
  if (!computed) return missing(entry, `local activity "${entry.activityType}"`, replayed);
  const type = difference(entry, 'local activity type', entry.activityType, computed.activityType);
  if (entry.failed || type.length > 0) return type;
  if (entry.activityType === 'checkCall') return compareDecision(workflowId, entry, computed.args[0]);
  if (entry.activityType === 'verifyVotes') return compareVotes(entry, computed.args[0]);
  return [];
}

/** A local activity's input is not in the history; what the code asked must be what the decision says it decided. */
function compareDecision(workflowId: string, entry: LocalEntry, asked: unknown): Finding[] {
  const input = readCheckInput(asked);
  const result = readCheckResult(entry.result);
  if (!input || (result?.kind !== 'decided' && result?.kind !== 'reconciled')) return [];
  const { body } = signedDecisionSchema.safeParse(result.decision).data ?? {};
  if (!body) return [];
  const expected = {
    callKey: callKeyOf(workflowId, input.turn, input.index),
    try: input.try,
    pass: input.pass,
    purpose: input.purpose,
    tool: input.tool,
    previousDecision: input.previousDecision,
  };
  const { callKey, pass, purpose, tool, previousDecision } = body;
  const decided = { callKey, try: body.try, pass, purpose, tool: tool.name, previousDecision };
  return difference(entry, 'what the decision is about', decided, expected);
}

/** Each vote that was handed over has its answer, in the same place. */
function compareVotes(entry: LocalEntry, asked: unknown): Finding[] {
  const answers = readVerifiedVotes(entry.result);
  const votes = votesOf(asked);
  if (!answers || !votes) return difference(entry, 'checked votes', entry.result, asked);
  const recorded = answers.map(({ digest }) => digest);
  const computed = votes.map((vote, index) => digestOfVote(vote, answers[index]?.kind === 'valid'));
  return difference(entry, 'checked votes', recorded, computed);
}

function votesOf(asked: unknown): unknown[] | undefined {
  const votes: unknown = typeof asked === 'object' && asked !== null ? Reflect.get(asked, 'votes') : undefined;
  return Array.isArray(votes) ? votes : undefined;
}

function digestOfVote(vote: unknown, valid: boolean): string {
  try {
    return digestJson(valid ? 'vote' : 'undecodable', vote);
  } catch {
    return 'not JSON';
  }
}

function compareEnd(entry: EndEntry, replayed: ReplayedLink): Finding[] {
  switch (entry.how) {
    case 'completed': {
      const [computed] = computedOf(replayed, 'completed');
      if (!computed) return missing(entry, 'completion', replayed);
      return difference(entry, 'result of the run', entry.value, computed.result);
    }
    case 'continued-as-new': {
      const computed = computedOf(replayed, 'continue-as-new').at(-1);
      if (!computed) return missing(entry, 'continue-as-new', replayed);
      return difference(entry, 'input of the next link', entry.value, computed.args);
    }
    case 'failed': {
      const [computed] = computedOf(replayed, 'failed');
      if (!computed) return missing(entry, 'failure', replayed);
      return difference(entry, 'failure of the run', entry.message, computed.message);
    }
    case 'cancelled':
    case 'terminated':
    case 'timed-out':
      return [];
  }
}

/** Where Temporal's own replay stopped, the code computed nothing more: only what it did compute is compared. */
function missing(entry: { link: string; eventId: number }, what: string, replayed: ReplayedLink): Finding[] {
  if (replayed.failure !== null) return [];
  const { link, eventId } = entry;
  return [{ link, eventId, what: `${what} that the code does not ask for`, recorded: null, computed: null }];
}

function difference(
  { link, eventId }: { link: string; eventId: number },
  what: string,
  recorded: unknown,
  computed: unknown,
): Finding[] {
  return sameJson(recorded, computed) ? [] : [found({ link, eventId }, what, recorded, computed)];
}

function found(
  { link, eventId }: { link: string; eventId: number },
  what: string,
  recorded: unknown,
  computed: unknown,
): Finding {
  return { link, eventId, what, recorded: digestOfValue(recorded), computed: digestOfValue(computed) };
}
