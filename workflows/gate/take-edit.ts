/**
 * A person edited the call: its request is over, and it goes on with what they made of it, as a call that nobody was asked about
 * yet. What it goes on with is the gate's word; whether it may run is decided there, anew.
 */
import type { Decided } from '../../core/contracts/activities.ts';
import type { CallProgress } from '../../core/contracts/run.ts';
import type { RunMemory } from '../run-state.ts';
import { noteOutcome } from '../vote-inbox.ts';

/** False: the decision is not of an edit. */
export function takeEdit(run: RunMemory, progress: CallProgress, { decision, edited }: Decided): boolean {
  const { body } = decision;
  if (body.verdict !== 'deny' || !body.edit || edited === undefined) return false;
  noteOutcome(run, progress, body.outcome);
  progress.edited = { arguments: edited, decision };
  progress.ask = null;
  return true;
}

/** How often people edited the call. */
export function editsOf({ edited }: CallProgress): number {
  const body = edited?.decision.body;
  return body?.verdict === 'deny' ? (body.edit?.number ?? 0) : 0;
}
