/** Tells approvers of an ask, beside the wait for their votes: telling may fail, and nothing is approved or denied by it. */
import type { SignedDecision } from '../core/contracts/decision.ts';
import type { Remote } from './activities.ts';
import type { RunMemory } from './run-state.ts';

/** Told in the background: whoever cannot be told can still look, and silence denies. */
export function notifyApprovers(run: RunMemory, remote: Remote, ask: SignedDecision): void {
  if (ask.body.verdict !== 'ask' || run.notified.has(ask.body.ask.nonce)) return;
  const { nonce, approvalId } = ask.body.ask;
  run.notified.add(nonce);
  run.inFlight += 1;
  const summary = `ask for ${approvalId.split('/').slice(1).join('/')}`;
  void remote.notify.notifyApprovers
    .executeWithOptions({ summary }, [{ workflowId: run.ticket.workflowId, nonce }])
    .catch(() => undefined)
    .finally(() => {
      run.inFlight -= 1;
    });
}
