/**
 * Notices that this link was made by a reset, in the first task behind the reset's point; in a replay at the same place. The
 * server (1.32) starts an activity again that had not started, but does not time out any more that nobody takes it: whoever
 * waits for one must not wait for ever.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

const watchers = new Set<() => void>();

/** @param then called at each reset, outside of any cancellation @returns what ends it */
export function onReset(then: () => void): () => void {
  watchers.add(then);
  return () => watchers.delete(then);
}

/** For the life of a link. */
export function watchResets(): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      const seed = seedOfLink();
      await condition(() => seedOfLink() !== seed);
      for (const then of watchers) then();
    }
  });
}

/** A link that a reset made has another seed from there on; nothing else that workflow code sees tells it. */
function seedOfLink(): readonly number[] {
  return getActivator().randomnessSeed;
}
