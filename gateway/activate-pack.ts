/**
 * Makes a loaded pack the one that new runs start with: its bodies go into the store, and a signed activation says so
 * where another one was active. Nothing is signed twice for the same pack.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { PackBody } from '../core/contracts/pack.ts';
import { CountersignError } from '../core/errors.ts';
import { activationOf } from './active-pack.ts';
import { appendOrder, type ControlWriter } from './control-records.ts';

/** What of an agent pack is stored. */
export interface PackToActivate {
  body: PackBody;
  packDigest: string;
  policyText: string;
  policyDigest: string;
}

export interface PackActivation {
  agent: string;
  packDigest: string;
  policyDigest: string;
  /** False: it was active already. */
  activated: boolean;
  /** What was active before; null: nothing. */
  before: { packDigest: string; policyDigest: string } | null;
}

/**
 * @param by who orders it: a principal
 * @throws {CountersignError} `pack-invalid` when its digests are not of its bodies
 */
export async function activatePack(writer: ControlWriter, pack: PackToActivate, by: string): Promise<PackActivation> {
  const { body, packDigest, policyText, policyDigest } = pack;
  const agent = body.name;
  const stored = [await writer.store.putBody(canonicalJson(body)), await writer.store.putBody(policyText)];
  if (stored[0] !== packDigest || stored[1] !== policyDigest || body.policyDigest !== policyDigest) {
    throw new CountersignError(
      'pack-invalid',
      `Cannot activate agent pack "${agent}": its digests are not of its bodies, expected its own; load it again`,
    );
  }
  const active = await activationOf(writer, agent);
  const before = active ? { packDigest: active.packDigest, policyDigest: active.policyDigest } : null;
  const activated = before?.packDigest !== packDigest || before.policyDigest !== policyDigest;
  if (activated) await appendOrder(writer, { kind: 'policy-activation', agent, packDigest, policyDigest, by });
  return { agent, packDigest, policyDigest, activated, before };
}
