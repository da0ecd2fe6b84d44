/**
 * Has it said in the history whom the gateway's channels have told of an ask by then, beside the wait for votes: it may fail, and
 * nothing is approved or denied by it.
 */
import type { AskBody, SignedDecision } from '../core/contracts/decision.ts';
import type { Remote } from './activities.ts';
import type { RunMemory } from './run-state.ts';

/** Told in the background: whoever cannot be told can still look, and silence denies. */
export function notifyApprovers(run: RunMemory, remote: Remote, ask: SignedDecision): void {
  if (ask.body.verdict !== 'ask' || run.notified.has(ask.body.ask.nonce)) return;
  run.notified.add(ask.body.ask.nonce);
  tell(run, remote, ask.body, 'ask for');
}

/** Again, because nobody has answered yet, or because others may answer by now, too. */
export function remindApprovers(run: RunMemory, remote: Remote, body: AskBody): void {
  tell(run, remote, body, 'remind of');
}

function tell(run: RunMemory, remote: Remote, { ask: { nonce, approvalId } }: AskBody, what: string): void {
  run.inFlight += 1;
  const summary = `${what} ${approvalId.split('/').slice(1).join('/')}`;
  void remote.notify.notifyApprovers
    .executeWithOptions({ summary }, [{ workflowId: run.ticket.workflowId, nonce }])
    .catch(() => undefined)
    .finally(() => {
      run.inFlight -= 1;
    });
}
