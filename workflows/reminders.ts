/**
 * When who may answer is told again: at the times that an ask's terms name, and when others may answer, too. A time that
 * passed while nobody was there to tell is told once; nothing is approved or denied by it.
 */
import type { AskBody } from '../core/contracts/decision.ts';
import type { Remote } from './activities.ts';
import { remindApprovers } from './notify.ts';
import type { RunMemory } from './run-state.ts';

/** Of all requests that wait, because they wait together. Infinity: none. */
export function nextReminderAt(run: RunMemory): number {
  return Math.min(...openAsks(run).map((body) => nextOf(run, body)), Number.POSITIVE_INFINITY);
}

export function remindOfDue(run: RunMemory, remote: Remote): void {
  const now = Date.now();
  for (const body of openAsks(run)) {
    if (nextOf(run, body) > now) continue;
    run.remindedAt.set(body.ask.nonce, now);
    remindApprovers(run, remote, body);
  }
}

function openAsks(run: RunMemory): AskBody[] {
  return run.calls.flatMap(({ ask, result }) => (ask?.body.verdict === 'ask' && !result ? [ask.body] : []));
}

/** What passed before this link first looked was the link's before it. */
function nextOf(run: RunMemory, { ask: { nonce, terms, askedAt, deadlineAt } }: AskBody): number {
  const { remindersMs = [], escalation } = terms;
  if (remindersMs.length === 0 && !escalation) return Number.POSITIVE_INFINITY;
  const seenAt = run.remindedAt.get(nonce) ?? Date.now();
  run.remindedAt.set(nonce, seenAt);
  const times = [...remindersMs, ...(escalation ? [escalation.afterMs] : [])].map((afterMs) => askedAt + afterMs);
  return Math.min(...times.filter((at) => at > seenAt && at < deadlineAt), Number.POSITIVE_INFINITY);
}
