/** The run may not go on: its ticket, link or chain is not what the store and the server know. */
import type { RunRefused } from '../core/contracts/activities.ts';

export class RunRefusedError extends Error {
  override readonly name = 'RunRefusedError';
  readonly refusal: RunRefused;

  constructor(refusal: RunRefused) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}
