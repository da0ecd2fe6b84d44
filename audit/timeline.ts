/**
 * What happened in a run, in order, for a postmortem: the model's words, calls, verdicts, people, permits, outcomes. Built from
 * the opened record; what does not verify is listed as such and never shown as a decision, a vote or a receipt. Texts are
 * raw and cut, with the digest of the whole: whoever prints them must make them visible first.
 */
import type { DecisionBody } from '../core/contracts/decision.ts';
import { digestText } from '../core/digest.ts';
import { howAuthenticated } from '../core/how-authenticated.ts';
import type { OpenedDecision, OpenedExecution, OpenedRecord } from './open-record.ts';
import {
  readCheckResult,
  readCloseInput,
  readCloseResult,
  readCompaction,
  readModelResult,
  readOpenResult,
  readRunInput,
  readTurnInput,
  readVerifiedVotes,
} from './read-results.ts';
import { type ActivityEntry, entriesOf, type LinkRecord, type LocalEntry } from './record-types.ts';
import type { Shown, TimelineEntry, What } from './timeline-entry.ts';
import { asksOf, outcomeOfAsk } from './verify-decisions.ts';

export type { Shown, TimelineEntry } from './timeline-entry.ts';

export function buildTimeline(opened: OpenedRecord): TimelineEntry[] {
  return opened.record.links.flatMap((link) => timelineOf(opened, link));
}

function timelineOf(opened: OpenedRecord, link: LinkRecord): TimelineEntry[] {
  const { links } = opened.record;
  const baseIsHere = links.some((one) => one.origin.linkRunId === link.origin.previousRunId);
  const entries = link.entries.flatMap((entry): TimelineEntry[] => {
    if (entry.copied && baseIsHere) return [];
    const at = (what: What): TimelineEntry => ({ link: entry.link, eventId: entry.eventId, at: entry.at, ...what });
    switch (entry.kind) {
      case 'activity':
        return activityOf(opened, entry);
      case 'local':
        return localOf(opened, link, entry).map(at);
      case 'signal':
        return entry.name === 'vote' ? [] : [at({ kind: 'signalled', name: shown(entry.name) })];
      case 'cancel-requested':
        return [at({ kind: 'cancel-requested' })];
      case 'end':
        return [at({ kind: 'ended', how: entry.how, text: endText(entry.value, entry.message) })];
      case 'timer':
      case 'search-attributes':
        return [];
    }
  });
  return [startOf(opened, link), ...entries].toSorted((a, b) => a.eventId - b.eventId);
}

function startOf({ ticket }: OpenedRecord, link: LinkRecord): TimelineEntry {
  const { origin, startedAt } = link;
  const place = { link: origin.linkRunId, eventId: 1, at: startedAt };
  if (origin.kind !== 'first') return { ...place, kind: 'link-started', how: origin.kind, from: origin.previousRunId };
  if (!ticket) return { ...place, kind: 'unverified', what: 'the run’s ticket' };
  const { agent, principal, environment, dryRun } = ticket.body;
  const input = readRunInput(link.input[0])?.input ?? null;
  return {
    ...place,
    kind: 'run-started',
    agent,
    principal,
    environment,
    dryRun,
    input: input === null ? null : shown(input),
  };
}

function activityOf(opened: OpenedRecord, entry: ActivityEntry): TimelineEntry[] {
  const place = { link: entry.link, eventId: entry.endEventId ?? entry.eventId, at: entry.endedAt ?? entry.at };
  const what = activityWhat(opened, entry);
  return what ? [{ ...place, ...what }] : [];
}

function activityWhat(opened: OpenedRecord, entry: ActivityEntry): What | undefined {
  const result = entry.end?.kind === 'completed' ? entry.end.result : undefined;
  switch (entry.activityType) {
    case 'callModel':
      return modelOf(entry, result);
    case 'compactTranscript':
      return { kind: 'compacted', summary: shown(readCompaction(result)?.text ?? '') };
    case 'runTool':
      return executionOf(opened, entry);
    case 'closeRun': {
      const closing = readCloseInput(entry.input[0]);
      const closed = readCloseResult(result);
      return (
        closing && {
          kind: 'closed',
          outcome: closing.outcome,
          turns: closing.turns,
          calls: closing.calls,
          findings: closed?.findings ?? [],
          withheldBy: closed?.refusal?.guard ?? null,
        }
      );
    }
    default:
      return undefined;
  }
}

function modelOf(entry: ActivityEntry, result: unknown): What {
  const turn = readTurnInput(entry.input[0])?.turn ?? 0;
  const answer = readModelResult(result);
  if (!answer) return { kind: 'model-failed', turn, reason: endReason(entry) };
  const { text, calls } = answer.message;
  const { input, output } = answer.usage;
  return {
    kind: 'model-answered',
    turn,
    model: answer.model,
    text: shown(text),
    calls: calls.map((call) => ({ tool: shown(call.name), arguments: shown(call.argumentsText) })),
    tokens: { input, output },
    findings: answer.findings,
    durationMs: durationOf(entry),
    attempts: entry.attempts,
  };
}

function executionOf(opened: OpenedRecord, entry: ActivityEntry): What {
  const execution = opened.executions.find((one) => one.entry === entry);
  if (!execution?.permit) return { kind: 'unverified', what: 'an execution’s permit' };
  const { body } = execution.permit;
  const base = { callKey: body.callKey, tool: body.tool.name, purpose: body.purpose, try: body.try };
  return { kind: 'executed', ...base, durationMs: durationOf(entry), ...outcomeOf(opened, execution) };
}

function outcomeOf(
  opened: OpenedRecord,
  { entry, result }: OpenedExecution,
): Pick<Extract<What, { kind: 'executed' }>, 'outcome' | 'output' | 'reason' | 'findings' | 'withheldBy'> {
  const none = { findings: [], withheldBy: null };
  if (result?.kind === 'receipt') {
    const own = opened.receipts.find(({ place }) => place.link === entry.link && place.eventId === entry.endEventId);
    if (!own) return { outcome: 'unverified', output: null, reason: 'its receipt does not verify', ...none };
    const { outcome, outputDigest, findings = [], withheldBy = null } = own.receipt.body;
    const output = { ...shown(own.output.text), digest: outputDigest };
    const whole = { ...output, cut: output.cut || own.output.truncated };
    return { outcome, output: whole, reason: null, findings, withheldBy };
  }
  if (result) return { outcome: result.kind, output: null, reason: result.reason, ...none };
  const reason = endReason(entry);
  const outcome = reason === 'timed out: SCHEDULE_TO_START' ? 'not-started' : 'unknown';
  return { outcome, output: null, reason, ...none };
}

function localOf(opened: OpenedRecord, link: LinkRecord, entry: LocalEntry): What[] {
  if (entry.failed)
    return [
      { kind: 'held', code: 'no-answer', reason: `${entry.activityType} gave no answer`, heldMs: heldMs(link, entry) },
    ];
  if (entry.activityType === 'verifyVotes') return votesOf(opened, entry);
  const result = entry.activityType === 'openRun' ? readOpenResult(entry.result) : readCheckResult(entry.result);
  switch (result?.kind) {
    case 'hold':
      return [{ kind: 'held', code: result.code, reason: result.reason, heldMs: heldMs(link, entry) }];
    case 'refused':
      return [{ kind: 'refused', code: result.code, reason: result.reason }];
    case 'settled':
      return [{ kind: 'settled', try: result.try }];
    case 'in-doubt':
      return [{ kind: 'in-doubt', try: result.try }];
    case 'decided':
    case 'reconciled': {
      const decision = opened.decisions.find((one) => one.entry === entry);
      return decision ? decisionOf(opened, decision) : [{ kind: 'unverified', what: 'a decision of the gate' }];
    }
    default:
      return [];
  }
}

function decisionOf(opened: OpenedRecord, decision: OpenedDecision): What[] {
  const { body, signed, result } = decision;
  const canonical = result.kind === 'decided' ? result.arguments : null;
  const decided: What = {
    kind: 'decided',
    callKey: body.callKey,
    tool: body.tool.name,
    try: body.try,
    pass: body.pass,
    purpose: body.purpose,
    verdict: body.verdict,
    rules: body.rules,
    findings: body.findings,
    risk: body.risk,
    arguments: canonical === null ? null : shownArguments(canonical, body.argumentsDigest),
    kid: signed.kid,
  };
  const what = [...endOfRequest(opened, decision), decided];
  if (result.kind === 'reconciled') what.push({ kind: 'reconciled', callKey: body.callKey, answer: result.answer });
  if (body.verdict === 'ask') {
    const { approvalId, nonce, kind, times = 1, terms, deadlineAt, couldAnswer = null } = body.ask;
    const { name: tool } = body.tool;
    const people = {
      couldAnswer,
      told: opened.tellings.get(nonce) ?? [],
      looked: opened.looks.get(nonce) ?? [],
    };
    what.push({ kind: 'asked', approvalId, about: kind, tool, times, quorum: terms.quorum, deadlineAt, ...people });
  }
  if (body.verdict === 'allow') {
    const { callKey, activityId, approval, grant } = body;
    const expiresAt = signed.expiresAt ?? null;
    what.push({
      kind: 'permitted',
      callKey,
      activityId,
      kid: signed.kid,
      expiresAt,
      approved: approval !== null,
      ...(approval?.breakGlass ? { brokenBy: approval.breakGlass.by } : {}),
      ...(grant ? { grant: { grantId: grant.grantId, use: grant.use } } : {}),
    });
  }
  return what;
}

function endOfRequest(opened: OpenedRecord, { body, signed }: OpenedDecision): What[] {
  const nonce = nonceOfEnd(body);
  // Each of identical calls says how the one request ended that covers them.
  const first = nonce === null ? undefined : opened.decisions.find((one) => nonceOfEnd(one.body) === nonce);
  if (first && first.body !== body) return [];
  const found = nonce === null ? undefined : asksOf(opened).find((one) => one.body.ask.nonce === nonce);
  if (!found) return [];
  const { approvalId, askedAt } = found.body.ask;
  const outcome = outcomeOfAsk(opened, found.decision, found.body) ?? 'open';
  return [{ kind: 'request-ended', approvalId, outcome, waitedMs: signed.issuedAt - askedAt }];
}

function nonceOfEnd(body: DecisionBody): string | null {
  if (body.verdict === 'allow') return body.approval?.nonce ?? null;
  return body.verdict === 'deny' ? body.nonce : null;
}

function votesOf(opened: OpenedRecord, entry: LocalEntry): What[] {
  return (readVerifiedVotes(entry.result) ?? []).map((answer): What => {
    if (answer.kind === 'invalid') return { kind: 'vote-rejected', digest: answer.digest, reason: answer.failure };
    const found = opened.votes.get(answer.digest);
    if (!found) return { kind: 'unverified', what: 'a vote' };
    const { verdict, principal, channel, castAt, reason, nonce } = found.vote.body;
    const ask = asksOf(opened).find((one) => one.body.ask.nonce === nonce)?.body.ask;
    return {
      kind: 'voted',
      approvalId: ask?.approvalId ?? null,
      verdict,
      principal,
      channel,
      authenticated: howAuthenticated(found.vote.body.authenticated),
      castAt,
      waitedMs: ask ? castAt - ask.askedAt : null,
      reason: reason === null ? null : shown(reason),
    };
  });
}

/** The timer that the hold waits on is the next one with a summary that says so. */
function heldMs(link: LinkRecord, entry: LocalEntry): number | null {
  const timer = entriesOf([link], 'timer').find(
    (one) => one.eventId > entry.eventId && (one.summary?.startsWith('held:') ?? false),
  );
  return timer?.endedAt ? timer.endedAt - timer.at : null;
}

function endReason({ end }: ActivityEntry): string {
  switch (end?.kind) {
    case 'failed':
      return `failed: ${end.type || end.message}`;
    case 'timed-out':
      return `timed out: ${end.timeout}`;
    case 'cancelled':
      return 'cancelled';
    case 'completed':
      return 'its result has another shape';
    case undefined:
      return 'no end is recorded';
  }
}

function durationOf({ at, startedAt, endedAt }: ActivityEntry): number {
  return endedAt === null ? 0 : endedAt - (startedAt ?? at);
}

function endText(value: unknown, message: string | null): Shown | null {
  if (message !== null) return shown(message);
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'text') : undefined;
  return typeof text === 'string' ? shown(text) : null;
}

const longestShown = 500;

function shown(text: string): Shown {
  const cut = text.length > longestShown;
  const part = cut ? text.slice(0, longestShown).replace(/[\ud800-\udbff]$/, '') : text;
  return { text: part, cut, digest: digestText('body', text.toWellFormed()) };
}

function shownArguments(canonical: string, argumentsDigest: string | null): Shown {
  return { ...shown(canonical), digest: argumentsDigest ?? digestText('arguments', canonical) };
}
