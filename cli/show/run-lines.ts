/** A run as text: its line in a list, its header, and all that the gateway says of it. Pure. */
import type { RunView } from '../../client/gateway-schemas.ts';
import type { RunDetail } from '../../client/run-detail-schemas.ts';
import { keepVisible } from '../../core/make-visible.ts';
import { visible } from '../terminal.ts';
import { failureText, troubleText } from './run-changes.ts';
import { countText, durationText, shortNonce, tableLines, timeText } from './format.ts';

/** Refusals that a person is shown; a run that was refused hundreds of times is read as JSON. */
const mostRefusals = 20;

export function runHeader(run: RunView): string {
  return `run ${run.workflowId} of ${run.agent} on ${visible(run.environment)}, asked by ${run.principal}`;
}

/** `closed` says more with its outcome. */
export function stateText(run: RunView): string {
  return run.status === 'closed' ? (run.outcome ?? 'closed') : run.status;
}

export function runListLines(runs: readonly RunView[], now: number): string[] {
  return tableLines([
    ['RUN', 'AGENT', 'STATE', 'ASKED BY', 'OPENED', ''],
    ...runs.map((run) => [
      run.workflowId,
      run.agent,
      stateText(run),
      run.principal,
      run.openedAt === null ? 'not yet' : `${durationText(now - run.openedAt)} ago`,
      run.dryRun ? 'dry-run' : '',
    ]),
  ]);
}

export function runDetailLines(detail: RunDetail, now: number): string[] {
  const { run, live, result, engine, trouble, failure } = detail;
  // Such as one whose input a guard refused.
  const neverOpened = run.openedAt === null && engine === 'closed';
  const facts: [string, string][] = [
    ['state', neverOpened ? 'ended' : live && run.status !== 'closed' ? live.state : stateText(run)],
    ['opened', neverOpened ? 'never' : run.openedAt === null ? 'by no worker yet' : timeText(run.openedAt)],
    ...(run.closedAt === null ? [] : [['closed', timeText(run.closedAt)] as [string, string]]),
    ...(run.onBehalfOf === null ? [] : [['on behalf of', run.onBehalfOf] as [string, string]]),
    ...(run.dryRun ? [['dry-run', 'no effect happens'] as [string, string]] : []),
    ['pack', run.packDigest],
    ['policy', run.policyDigest],
    ...(run.runEpoch > 0
      ? [['run epoch', `${run.runEpoch} (it was reset: approvals before are void)`] as [string, string]]
      : []),
    ...(engine === null ? [['Temporal', 'out of reach'] as [string, string]] : []),
    ...(engine === 'running' && !live ? [['worker', 'none answers now'] as [string, string]] : []),
  ];
  const lines = [runHeader(run), ...tableLines(facts.map(([name, value]) => [`  ${name}`, value]))];
  if (live) {
    const { turn, link, counters, hold, calls, approvals, rejectedVotes } = live;
    lines.push(
      `  turn ${turn}, link ${link}, ${countText(counters.calls, 'call')}, ${counters.inputTokens} tokens in, ${counters.outputTokens} out`,
    );
    if (hold !== null) lines.push(`  holds: ${visible(hold)}`);
    if (rejectedVotes > 0) lines.push(`  ${rejectedVotes} votes or signals did not fit and were not counted`);
    const rows = calls.map((call) => [
      `  ${positionOf(call.callKey)}`,
      visible(call.tool),
      call.state,
      call.rule === null ? '' : visible(call.rule),
    ]);
    if (rows.length > 0) lines.push('calls', ...tableLines(rows));
    const waiting = approvals.map((one) => [
      `  ${shortNonce(one.nonce)}`,
      visible(one.tool),
      one.kind === 'call' ? 'approval' : 'reconcile',
      `${durationText(one.deadlineAt - now)} left`,
      countText(one.votes, 'vote'),
    ]);
    if (waiting.length > 0) lines.push('waiting for', ...tableLines(waiting));
  }
  lines.push(...refusalLines(detail.refusals));
  lines.push(...trouble.map((one) => `  ${troubleText(one, now)}`));
  if (failure) lines.push(`  ${failureText(failure)}`);
  if (result)
    lines.push(
      `${result.outcome} after ${countText(result.turns, 'turn')} and ${countText(result.calls, 'call')}`,
      visible(result.text),
    );
  return lines;
}

/** With the reason, which says what to do about it. */
function refusalLines(refusals: RunDetail['refusals']): string[] {
  if (refusals === null)
    return ['  refused calls: not known, a stored denial was changed; "countersign replay" says more'];
  if (refusals.length === 0) return [];
  const shown = refusals.slice(-mostRefusals);
  const more = refusals.length - shown.length;
  const rows = shown.map(({ callKey, tool, rule, reason, outcome, at }) => [
    `  ${positionOf(callKey)}`,
    keepVisible(tool),
    outcome ?? 'refused',
    timeText(at),
    `${visible(rule)}: ${keepVisible(reason)}`,
  ]);
  return ['refused', ...(more > 0 ? [`  ${more} before these: --json`] : []), ...tableLines(rows)];
}

/** `<turn>.<index>` of a call key. */
function positionOf(callKey: string): string {
  return callKey.slice(callKey.indexOf('/') + 1);
}
