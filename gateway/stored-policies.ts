/** Policies as the store has them by digest, loaded once. A body that is not what its digest says is as good as none. */
import { hasErrorCode } from '../core/errors.ts';
import { type CompiledPolicy, loadPolicy } from '../policy/index.ts';
import type { GatewayContext } from './options.ts';

const mostKept = 64;
const keptByStore = new WeakMap<object, Map<string, CompiledPolicy>>();

/** Undefined where it is not there, or does not load. @throws {CountersignError} `store-unavailable` */
export async function storedPolicy(
  { store }: Pick<GatewayContext, 'store'>,
  digest: string,
): Promise<CompiledPolicy | undefined> {
  const kept = keptByStore.get(store) ?? new Map<string, CompiledPolicy>();
  keptByStore.set(store, kept);
  const known = kept.get(digest);
  if (known) return known;
  const loaded = loadPolicy((await bodyOrEmpty(store, digest)) ?? '', digest);
  if (loaded.kind === 'invalid') return undefined;
  const oldest = kept.size >= mostKept ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  kept.set(digest, loaded.policy);
  return loaded.policy;
}

async function bodyOrEmpty(store: GatewayContext['store'], digest: string): Promise<string | null> {
  try {
    return await store.getBody(digest);
  } catch (error) {
    if (hasErrorCode(error, 'record-invalid')) return null;
    throw error;
  }
}
