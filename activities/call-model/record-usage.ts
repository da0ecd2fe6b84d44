/**
 * Adds what a model call took to the run's account, before its answer goes anywhere: limits on tokens and cost count what was
 * spent, also by calls whose answer was lost. It is under the model's name in the pack, because prices are by that name.
 */
import type { PackBody } from '../../core/contracts/pack.ts';
import type { Store } from '../../store/store.ts';

export type UsageStore = Pick<Store, 'addModelUsage'>;

/** @throws {CountersignError} `store-unavailable` */
export async function recordUsage(
  store: UsageStore,
  { workflowId }: { workflowId: string },
  pack: Pick<PackBody, 'model'>,
  { input, output }: { input: number; output: number },
): Promise<void> {
  await store.addModelUsage({ workflowId, model: pack.model.name, input, output });
}
