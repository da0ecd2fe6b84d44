/**
 * The report of a replay as text for a terminal: timeline, findings, checks, verdict. Every text that somebody else wrote goes
 * through `makeVisible` and is labelled as theirs; no colour unless asked for.
 */
import { makeVisible } from '../core/make-visible.ts';
import type { Check } from './checks.ts';
import type { Finding as GuardFinding } from '../core/contracts/labels.ts';
import type { Finding } from './compare-commands.ts';
import { isTooSoon } from '../core/reading-time.ts';
import { reviewersNeeded } from '../core/review.ts';
import { saysYes } from '../core/says-yes.ts';
import type { ReplayReport } from './replay-run.ts';
import { peopleLines } from './people-lines.ts';
import { timeOf } from './time-text.ts';
import type { Shown, TimelineEntry } from './timeline.ts';
import type { ReviewReport } from './verify-break-glass.ts';

export interface RenderOptions {
  /** @default false */
  colour?: boolean;
}

const voteWords = {
  approve: 'APPROVED',
  deny: 'DENIED',
  withdraw: 'APPROVAL WITHDRAWN',
  edit: 'EDITED',
  'break-glass': 'GLASS BROKEN',
} as const;

/** Ends with a newline. */
export function renderPostmortem(report: ReplayReport, { colour = false }: RenderOptions = {}): string {
  const paint = colour ? painted : plain;
  const lines = [
    `Run ${visible(report.workflowId)}: ${report.links} ${report.links === 1 ? 'link' : 'links'}, replay ${report.replay}`,
    '',
    ...report.timeline.map((entry) => renderEntry(entry, paint)),
    '',
    ...(report.reviews ?? []).flatMap((review) => renderReview(review, paint)),
    ...renderFindings(report.findings, paint),
    ...renderChecks(report.checks, paint),
    paint(report.verdict === 'verified' ? 'good' : 'bad', `Verdict: ${report.verdict}`),
  ];
  return `${lines.join('\n')}\n`;
}

function renderReview(review: ReviewReport, paint: Paint): string[] {
  const { approvalId, by, role, dueAt, state, signatures } = review;
  const signed = `${signatures.length} of ${reviewersNeeded} have signed`;
  const word = { open: `OPEN, ${signed}, due ${timeOf(dueAt)}`, signed: 'signed', unknown: 'not known, in the store' }[
    state
  ];
  const head = `Break-glass of ${visible(by)} (role ${visible(role)}) for ${visible(shortApproval(approvalId))}: review ${word}`;
  return [
    paint(state === 'signed' ? 'good' : 'bad', head),
    ...signatures.map(
      ({ principal, finding, reason, signedAt }) =>
        `  ${finding} by ${visible(principal)} at ${timeOf(signedAt)}: ${visible(reason)}`,
    ),
    '',
  ];
}

function approvedWords(brokenBy: string | undefined): string {
  return brokenBy === undefined ? ', approved by people' : `, by break-glass of ${visible(brokenBy)} alone`;
}

type Paint = (tone: 'good' | 'bad' | 'quiet', text: string) => string;

const plain: Paint = (_tone, text) => text;
const codes = { good: 32, bad: 31, quiet: 2 };
const painted: Paint = (tone, text) => `\u001b[${codes[tone]}m${text}\u001b[0m`;

function renderEntry(entry: TimelineEntry, paint: Paint): string {
  const time = new Date(entry.at).toISOString().slice(0, 23).replace('T', ' ');
  return `${paint('quiet', time)}  ${describe(entry).join('\n                           ')}`;
}

function describe(entry: TimelineEntry): string[] {
  switch (entry.kind) {
    case 'run-started':
      return [
        `run started: agent ${visible(entry.agent)} for ${visible(entry.principal)} in ${visible(entry.environment)}${entry.dryRun ? ' (dry run)' : ''}`,
        ...(entry.input ? [`input: ${quote(entry.input)}`] : []),
      ];
    case 'link-started':
      return [
        `${entry.how === 'reset' ? 'RESET: approvals before it are void; forked' : 'continued'} from link ${visible(entry.from ?? 'unknown')}`,
      ];
    case 'model-answered':
      return [
        `turn ${entry.turn}: ${wasAsked(entry.calls) ? 'the model answered' : 'no prompt was sent'} in ${duration(entry.durationMs)}${entry.attempts > 1 ? `, at attempt ${entry.attempts}` : ''} (${entry.tokens.input} + ${entry.tokens.output} tokens)`,
        ...(entry.text.text === '' ? [] : [`the model says: ${quote(entry.text)}`]),
        ...entry.calls.map((call) => wanted(call)),
        ...found(entry.findings),
      ];
    case 'model-failed':
      return [`turn ${entry.turn}: the model did not answer: ${visible(entry.reason)}`];
    case 'compacted':
      return [`older turns were replaced by a summary: ${quote(entry.summary)}`];
    case 'decided':
      return [
        `${entry.verdict.toUpperCase()} ${call(entry.callKey)} ${visible(entry.tool)} (${entry.purpose}, try ${entry.try}, pass ${entry.pass}, risk ${visible(entry.risk)}), signed by ${visible(entry.kid)}`,
        ...(entry.arguments ? [`arguments: ${quote(entry.arguments)}`] : []),
        ...entry.rules.map((rule) => `rule ${visible(rule.id)} (${rule.effect}): ${visible(rule.reason)}`),
        ...found(entry.findings),
      ];
    case 'asked':
      return [
        `asked people: ${entry.about === 'call' ? 'may it run' : 'did it happen'}? ${visible(entry.tool)}${entry.times === 1 ? '' : `, ${entry.times} times`}, ${entry.quorum} needed by ${timeOf(entry.deadlineAt)}`,
        ...peopleLines(entry),
      ];
    case 'voted':
      return [
        `${voteWords[entry.verdict]} by ${visible(entry.principal)} through ${visible(entry.channel)} (${visible(entry.authenticated)}) at ${timeOf(entry.castAt)}${waitedWords(entry)}`,
        ...(entry.reason ? [`reason given: ${quote(entry.reason)}`] : []),
      ];
    case 'vote-rejected':
      return [`a vote was rejected (${visible(entry.reason)}), digest ${visible(entry.digest)}`];
    case 'request-ended':
      return [
        `request ${visible(shortApproval(entry.approvalId))} ended: ${entry.outcome}, after ${duration(entry.waitedMs)}`,
      ];
    case 'permitted':
      return [
        `permit of ${visible(entry.kid)} for ${visible(entry.activityId)}${entry.expiresAt === null ? '' : `, until ${timeOf(entry.expiresAt)}`}${entry.approved ? approvedWords(entry.brokenBy) : ''}${entry.grant ? `, by use ${entry.grant.use} of grant ${visible(entry.grant.grantId)}` : ''}`,
      ];
    case 'executed':
      return [
        `${entry.purpose} ${call(entry.callKey)} ${visible(entry.tool)} (try ${entry.try}): ${entry.outcome.toUpperCase()} in ${duration(entry.durationMs)}`,
        ...(entry.reason === null ? [] : [`because: ${visible(entry.reason)}`]),
        ...(entry.output === null || entry.output.text === '' ? [] : [`output: ${quote(entry.output)}`]),
        ...withheld('output', entry.withheldBy),
        ...found(entry.findings),
      ];
    case 'settled':
      return [`try ${entry.try} was executed before; its recorded receipt is the answer`];
    case 'in-doubt':
      return [`whether try ${entry.try} happened is not known; nothing is tried again without proof`];
    case 'held':
      return [
        `held (${visible(entry.code)}): ${visible(entry.reason)}${entry.heldMs === null ? '' : `, for ${duration(entry.heldMs)}`}`,
      ];
    case 'refused':
      return [`the run was refused (${visible(entry.code)}): ${visible(entry.reason)}`];
    case 'reconciled':
      return [`what became of ${call(entry.callKey)}: ${entry.answer}`];
    case 'unverified':
      return [`NOT VERIFIED: ${visible(entry.what)}`];
    case 'signalled':
      return [`signal ${quote(entry.name)}`];
    case 'cancel-requested':
      return ['cancellation was requested'];
    case 'closed':
      return [
        `closing as ${visible(entry.outcome)} after ${entry.turns} turns`,
        ...entry.calls.map(({ callKey, outcome }) => `${call(callKey)}: ${outcome}`),
        ...withheld('answer', entry.withheldBy),
        ...found(entry.findings),
      ];
    case 'ended':
      return [`link ended: ${entry.how}`, ...(entry.text ? [`last words: ${quote(entry.text)}`] : [])];
  }
}

/** By signed times alone: who approves sooner than a card can be read has approved from habit, or is no person. */
function waitedWords({ verdict, waitedMs }: Extract<TimelineEntry, { kind: 'voted' }>): string {
  if (waitedMs === null) return ', for no request of this record';
  const soon = saysYes(verdict) && isTooSoon(waitedMs) ? ', too soon to have been read' : '';
  return `, ${duration(waitedMs)} after it was asked${soon}`;
}

const refusedTurn = /^(beforeModel|afterModel):(.+)$/u;

function wasAsked(calls: readonly { tool: Shown }[]): boolean {
  return !calls.some(({ tool }) => refusedTurn.exec(tool.text)?.[1] === 'beforeModel');
}

/** A turn that a guard refused stands in the transcript as an answer with one call that is no tool's. */
function wanted({ tool, arguments: given }: { tool: Shown; arguments: Shown }): string {
  const [, point, guard] = refusedTurn.exec(tool.text) ?? [];
  if (point === undefined || guard === undefined) return `the model wants: ${quote(tool)} ${quote(given)}`;
  const what = point === 'beforeModel' ? 'the prompt: the model was not asked' : 'the answer: nothing of it was used';
  return `guard ${visible(guard)} REFUSED ${what}`;
}

function withheld(what: string, guard: string | null): string[] {
  return guard === null ? [] : [`guard ${visible(guard)} WITHHELD the ${what}`];
}

function found(findings: readonly GuardFinding[]): string[] {
  return findings.map(
    ({ guard, rule, severity, message }) =>
      `found by ${visible(guard)} (${visible(rule)}, ${severity}): ${visible(message)}`,
  );
}

function renderFindings(findings: readonly Finding[], paint: Paint): string[] {
  if (findings.length === 0) return ['The code asks for what the history recorded.', ''];
  const lines = findings.map(({ link, eventId, what, recorded, computed }) => {
    const where = `link ${visible(link)}${eventId === null ? '' : `, event ${eventId}`}`;
    const digests =
      recorded === null && computed === null
        ? ''
        : `: recorded ${recorded ?? 'nothing'}, computed ${computed ?? 'nothing'}`;
    return paint('bad', `  ${where}: ${visible(what)}${digests}`);
  });
  return ['The record differs from what the code asks for:', ...lines, ''];
}

function renderChecks(checks: readonly Check[], paint: Paint): string[] {
  const lines = checks.flatMap((check) => {
    const tone = check.result === 'ok' ? 'good' : check.result === 'failed' ? 'bad' : 'quiet';
    const mark = check.result === 'ok' ? 'ok         ' : check.result === 'failed' ? 'FAILED     ' : 'not checked';
    const line = `  ${mark} ${check.id}: ${check.meaning} (${check.checked})`;
    const problems = check.problems.map(
      ({ place, reason }) =>
        `              ${place ? `link ${visible(place.link)}, event ${place.eventId}: ` : ''}${visible(reason)}`,
    );
    return [paint(tone, line), ...problems];
  });
  return ['Checks:', ...lines, ''];
}

function visible(text: string): string {
  return makeVisible(text);
}

/** Somebody else's words, between marks, with the digest of the whole where they were cut. */
function quote({ text, cut, digest }: Shown): string {
  return `«${visible(text)}»${cut ? ` [cut, ${digest}]` : ''}`;
}

function call(callKey: string): string {
  return visible(callKey.split('/').slice(1).join('/'));
}

function shortApproval(approvalId: string): string {
  return approvalId.split('/').slice(1).join('/');
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
