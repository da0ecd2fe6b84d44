/**
 * Policies by digest. The digest is of the stored bytes, so whoever can write the database cannot change what a digest
 * means; which version is active is a signed control record.
 */
import { hasErrorCode } from '../core/errors.ts';
import { type CompiledPolicy, type LoadOptions, loadPolicy } from '../policy/index.ts';
import { type ControlReader, type LayerActivation, readLayers, readNewest } from '../store/read-control.ts';
import type { Store } from '../store/store.ts';

export interface PolicySource {
  /** Undefined where no such policy is stored or it does not load: the gate denies. */
  policyByDigest(digest: string): Promise<CompiledPolicy | undefined>;
  /** Digest of the policy that is active for an agent now; undefined before the first activation. */
  activePolicyDigest(agent: string): Promise<string | undefined>;
  /** What is in force of the layers above, and in shadow mode of all. */
  activeLayers(): Promise<LayerActivation[]>;
  /** The same policies, and those active by these records. @param orders has read `policyOrders` */
  asOf(orders: ControlReader['store']): PolicySource;
}

const cachedPolicies = 64;

/** @param reader with the shell's guards; absent: what asks about a shell command denies */
export function createPolicySource(
  reader: ControlReader & { store: Store } & Pick<LoadOptions, 'readShell' | 'validateCommand'>,
): PolicySource {
  const { readShell, validateCommand } = reader;
  const options = { ...(readShell ? { readShell } : {}), ...(validateCommand ? { validateCommand } : {}) };
  const cache = new Map<string, CompiledPolicy>();
  const policyByDigest: PolicySource['policyByDigest'] = async (digest) => {
    const cached = cache.get(digest);
    if (cached) return cached;
    const text = await bodyOrUndefined(reader.store, digest);
    if (text === undefined) return undefined;
    const loaded = loadPolicy(text, digest, options);
    if (loaded.kind === 'invalid') return undefined;
    const oldest = cache.size >= cachedPolicies ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    cache.set(digest, loaded.policy);
    return loaded.policy;
  };
  const sourceBy = (store: ControlReader['store']): PolicySource => ({
    policyByDigest,
    async activePolicyDigest(agent) {
      const [newest] = await readNewest({ ...reader, store }, ['policy-activation'], (body) =>
        body.kind === 'policy-activation' && body.agent === agent ? agent : undefined,
      );
      return newest?.policyDigest;
    },
    activeLayers: async () => await readLayers({ ...reader, store }),
    asOf: sourceBy,
  });
  return sourceBy(reader.store);
}

/** A body that does not match its digest is as good as none; a store that does not answer is a fault. */
async function bodyOrUndefined(store: Store, digest: string): Promise<string | undefined> {
  try {
    return (await store.getBody(digest)) ?? undefined;
  } catch (error) {
    if (hasErrorCode(error, 'record-invalid')) return undefined;
    throw error;
  }
}
