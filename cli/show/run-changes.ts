/**
 * What changed in a run between two looks at it, and the line that says so. Pure. A look may miss what came and went in
 * between; the postmortem of `replay` misses nothing.
 */
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import type { RunDetail } from '../../client/run-detail-schemas.ts';
import { keepVisible } from '../../core/make-visible.ts';
import { visible } from '../terminal.ts';
import { countText, durationText, shortNonce, timeText } from './format.ts';

export type RunChange =
  | { kind: 'turn'; turn: number }
  | { kind: 'call'; callKey: string; tool: string; state: string; rule: string | null }
  | {
      kind: 'waiting';
      approvalId: string;
      nonce: string;
      tool: string;
      request: 'call' | 'reconcile';
      deadlineAt: number;
    }
  | { kind: 'answered'; nonce: string; tool: string; request: 'call' | 'reconcile'; outcome: ApprovalView['outcome'] }
  | { kind: 'held'; reason: string }
  | { kind: 'resumed' }
  | ({ kind: 'trouble' } & Trouble)
  | { kind: 'out-of-reach'; reason: string }
  | { kind: 'silent' }
  | {
      kind: 'ended';
      outcome: string | null;
      text: string | null;
      turns: number | null;
      calls: number | null;
      failure: RunDetail['failure'];
    };

type Trouble = RunDetail['trouble'][number];

/** @param before undefined at the first look: everything there is is new. */
export function changesBetween(before: RunDetail | undefined, after: RunDetail): RunChange[] {
  const changes: RunChange[] = [];
  const old = before?.live ?? null;
  const live = after.live;
  // Before what is new: the run that asks again had its answer first. A run that ended waits for nothing.
  const waiting = live?.approvals ?? (hasEnded(after) ? [] : old?.approvals);
  for (const { nonce, tool, kind: request } of old?.approvals ?? []) {
    if (waiting?.some((one) => one.nonce === nonce)) continue;
    changes.push({ kind: 'answered', nonce, tool, request, outcome: null });
  }
  if (live) {
    if (live.turn > 0 && live.turn !== old?.turn) changes.push({ kind: 'turn', turn: live.turn });
    for (const call of live.calls) {
      const known = old?.calls.find(({ callKey }) => callKey === call.callKey);
      if (known?.state !== call.state || known.rule !== call.rule) changes.push({ kind: 'call', ...call });
    }
    for (const { approvalId, nonce, tool, kind: request, deadlineAt } of live.approvals) {
      if (old?.approvals.some((one) => one.nonce === nonce)) continue;
      changes.push({ kind: 'waiting', approvalId, nonce, tool, request, deadlineAt });
    }
    if (live.hold !== null && live.hold !== old?.hold) changes.push({ kind: 'held', reason: live.hold });
    if (live.hold === null && old && old.hold !== null) changes.push({ kind: 'resumed' });
  }
  for (const one of after.trouble) {
    // Each further try of the same is no news.
    const known = before?.trouble.some(({ activity, reason }) => activity === one.activity && reason === one.reason);
    if (!known) changes.push({ kind: 'trouble', ...one });
  }
  if (hasEnded(after)) {
    const { result, run, failure } = after;
    changes.push({
      kind: 'ended',
      outcome: result?.outcome ?? run.outcome,
      text: result?.text ?? null,
      turns: result?.turns ?? null,
      calls: result?.calls ?? null,
      failure,
    });
  }
  return changes;
}

/** The store says closed before the server does; only then is the result there. */
export function hasEnded({ engine, run }: RunDetail): boolean {
  return engine === 'closed' || (engine === 'not-found' && run.status === 'closed');
}

/** One or more lines for a person. */
export function changeLines(change: RunChange, now: number, typed: (words: string) => string): string[] {
  switch (change.kind) {
    case 'turn':
      return [`turn ${change.turn}`];
    case 'call':
      return [
        `  call ${visible(change.tool)}: ${change.state}${change.rule === null ? '' : ` (${visible(change.rule)})`}`,
      ];
    case 'waiting':
      return waitingLines(change, now, typed);
    case 'answered':
      return [`  ${answeredText(change)} (${shortNonce(change.nonce)})`];
    case 'held':
      return [`holds: ${visible(change.reason)}`];
    case 'resumed':
      return ['goes on'];
    case 'trouble':
      return [troubleText(change, now)];
    case 'out-of-reach':
      return [`the gateway is out of reach, trying again (${visible(change.reason)})`];
    case 'silent':
      return ['no worker answers for it; it goes on when one is back'];
    case 'ended':
      return [
        `ended: ${change.outcome ?? 'without an outcome'}${change.turns === null ? '' : `, ${countText(change.turns, 'turn')}, ${countText(change.calls ?? 0, 'call')}`}`,
        ...(change.failure ? [`  ${failureText(change.failure)}`] : []),
      ];
  }
}

function answeredText({ tool, request, outcome }: Extract<RunChange, { kind: 'answered' }>): string {
  if (request === 'reconcile') {
    const how = outcome === 'expired' ? 'expired: nobody answered in time, and it stays unknown' : 'no longer open';
    return `question about ${visible(tool)} is ${how}`;
  }
  const silence = 'expired: nobody answered in time, and silence denies';
  return `approval of ${visible(tool)} is ${outcome === 'expired' ? silence : (outcome ?? 'no longer open')}`;
}

/** Also of `show`. */
export function troubleText({ activity, attempt, reason, nextAttemptAt }: Trouble, now: number): string {
  const next = nextAttemptAt === null ? 'runs now' : `in ${durationText(nextAttemptAt - now)}`;
  return `${keepVisible(activity)} fails and is tried again (try ${attempt} ${next}): ${keepVisible(reason)}`;
}

export function failureText({ code, message }: NonNullable<RunDetail['failure']>): string {
  return `why: ${keepVisible(message === '' ? 'no reason given' : message)} (${keepVisible(code)})`;
}

function waitingLines(
  change: Extract<RunChange, { kind: 'waiting' }>,
  now: number,
  typed: (words: string) => string,
): string[] {
  const short = shortNonce(change.nonce);
  const left = durationText(change.deadlineAt - now);
  const until = (silence: string) => `until ${timeText(change.deadlineAt)} (${left} left, ${silence})`;
  if (change.request === 'reconcile') {
    return [
      `  nobody knows what became of ${visible(change.tool)}; waiting ${until('silence leaves it unknown')}; answer with:`,
      `    ${typed(`reconcile ${short} --happened --reason "…"`)}`,
      `    ${typed(`reconcile ${short} --did-not-happen --reason "…"`)}`,
    ];
  }
  return [
    `  waiting for approval of ${visible(change.tool)} ${until('silence denies')}; answer with:`,
    `    ${typed(`approve ${short}`)}`,
    `    ${typed(`deny ${short} --reason "…"`)}`,
  ];
}
