/**
 * Policies by digest. The digest is of the stored bytes, so whoever can write the database cannot change what a digest
 * means; which version is active is a signed control record.
 */
import { CountersignError } from '../core/errors.ts';
import { type CompiledPolicy, loadPolicy } from '../policy/index.ts';
import { type ControlReader, readControl } from '../store/read-control.ts';
import type { Store } from '../store/store.ts';

export interface PolicySource {
  /** Undefined where no such policy is stored or it does not load: the gate denies. */
  policyByDigest(digest: string): Promise<CompiledPolicy | undefined>;
  /** Digest of the policy that is active for an agent now; undefined before the first activation. */
  activePolicyDigest(agent: string): Promise<string | undefined>;
}

const cachedPolicies = 64;

export function createPolicySource(reader: ControlReader & { store: Store }): PolicySource {
  const cache = new Map<string, CompiledPolicy>();
  return {
    async policyByDigest(digest) {
      const cached = cache.get(digest);
      if (cached) return cached;
      const text = await bodyOrUndefined(reader.store, digest);
      if (text === undefined) return undefined;
      const loaded = loadPolicy(text, digest);
      if (loaded.kind === 'invalid') return undefined;
      const oldest = cache.size >= cachedPolicies ? cache.keys().next().value : undefined;
      if (oldest !== undefined) cache.delete(oldest);
      cache.set(digest, loaded.policy);
      return loaded.policy;
    },
    async activePolicyDigest(agent) {
      const activations = await readControl(reader, ['policy-activation']);
      return activations.findLast((activation) => activation.agent === agent)?.policyDigest;
    },
  };
}

/** A body that does not match its digest is as good as none; a store that does not answer is a fault. */
async function bodyOrUndefined(store: Store, digest: string): Promise<string | undefined> {
  try {
    return (await store.getBody(digest)) ?? undefined;
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'record-invalid') return undefined;
    throw error;
  }
}
