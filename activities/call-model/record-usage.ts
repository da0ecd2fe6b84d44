/**
 * Adds what a model call took to the run's account, before its answer goes anywhere: limits on tokens and cost count what was
 * spent, also by calls whose answer was lost. It is under the model's name in the pack, because prices are by that name. A
 * server that reports nothing does not make a run free: the bytes of what went there and back are then counted as tokens.
 */
import type { PackBody } from '../../core/contracts/pack.ts';
import type { Store } from '../../store/store.ts';

export type UsageStore = Pick<Store, 'addModelUsage'>;

/**
 * @param texts what was sent and what came back, as JSON: a token is a byte or more of it
 * @throws {CountersignError} `store-unavailable`
 */
export async function recordUsage(
  store: UsageStore,
  { workflowId }: { workflowId: string },
  pack: Pick<PackBody, 'model'>,
  reported: { input: number; output: number },
  texts: { input: unknown; output: unknown },
): Promise<void> {
  const input = reported.input > 0 ? reported.input : bytesOf(texts.input);
  const output = reported.output > 0 ? reported.output : bytesOf(texts.output);
  await store.addModelUsage({ workflowId, model: pack.model.name, input, output });
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
