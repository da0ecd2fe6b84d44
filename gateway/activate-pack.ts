/**
 * Makes a loaded pack the one that new runs start with: its bodies go into the store, and a signed activation says so
 * where another one was active. Nothing is signed twice for the same pack.
 */
import { type PackBodies, publishPack } from '../packs/agent-pack.ts';
import { isLooser, loosening } from './activate-policy.ts';
import { activationOf } from './active-pack.ts';
import { appendWeighed, type ControlWriter } from './control-records.ts';

export interface PackActivation {
  agent: string;
  packDigest: string;
  policyDigest: string;
  /** False: it was active already, or waits for a second person. */
  activated: boolean;
  /** Its policy may be looser, and the organisation wants two people for that: what was active before stays so. */
  heldBack: boolean;
  /** It is in force by now and may be looser than what was before; whoever starts a gateway with a pack orders that. */
  mayBeLooser: boolean;
  /** What was active before; null: nothing. */
  before: { packDigest: string; policyDigest: string } | null;
}

/**
 * @param by who orders it: a principal
 * @throws {CountersignError} `pack-invalid` when its digests are not of its bodies
 */
export async function activatePack(writer: ControlWriter, pack: PackBodies, by: string): Promise<PackActivation> {
  await publishPack(writer.store, pack);
  const { packDigest, policyDigest } = pack;
  const agent = pack.body.name;
  return await appendWeighed(writer, async () => {
    const active = await activationOf(writer, agent);
    const before = active ? { packDigest: active.packDigest, policyDigest: active.policyDigest } : null;
    const changed = before?.packDigest !== packDigest || before.policyDigest !== policyDigest;
    const order = { layer: 'pack' as const, name: agent, mode: 'enforce' as const, policyDigest };
    const heldBack = changed && (await loosening(writer, order, before?.policyDigest ?? null)).length > 0;
    const activated = changed && !heldBack;
    const mayBeLooser = activated && before !== null && (await isLooser(writer, before.policyDigest, policyDigest));
    const result = { agent, packDigest, policyDigest, activated, heldBack, mayBeLooser, before };
    if (!activated) return { result };
    return { result, order: { kind: 'policy-activation' as const, agent, packDigest, policyDigest, by } };
  });
}
