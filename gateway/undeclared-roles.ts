/**
 * Roles of a key that mean nothing yet: no policy in force declares them, by name or as a claim of a group. A word to whoever
 * made the key, and no refusal: a policy may come later.
 */
import { readControl, readLayers } from '../store/read-control.ts';
import type { GatewayContext } from './options.ts';
import { readerOf } from './policy-layers.ts';
import { storedPolicy } from './stored-policies.ts';

/** None where a policy in force cannot be read: nobody knows then. @throws {CountersignError} `store-unavailable` */
export async function undeclaredRoles(gateway: GatewayContext, roles: readonly string[]): Promise<string[]> {
  if (roles.length === 0) return [];
  const reader = readerOf(gateway);
  const activations = await readControl(reader, ['policy-activation']);
  const ofPacks = new Map(activations.map(({ agent, policyDigest }) => [agent, policyDigest]));
  const ofLayers = (await readLayers(reader)).map(({ policyDigest }) => policyDigest);
  const known = new Set<string>();
  for (const digest of new Set([...ofPacks.values(), ...ofLayers])) {
    const policy = await storedPolicy(gateway, digest);
    if (!policy) return [];
    for (const role of policy.roles.keys()) known.add(role);
    for (const { claims } of policy.groups.values()) for (const claim of claims) known.add(claim);
  }
  return roles.filter((role) => !known.has(role));
}
