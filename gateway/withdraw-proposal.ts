/**
 * Takes a policy proposal back: the version in force is ordered anew, by a signed record like any other, and a proposal that something
 * was ordered after waits for nobody. It loosens nothing, so whoever may order policies may do it, also for another's proposal.
 */
import { CountersignError } from '../core/errors.ts';
import { activationOrder } from './activate-policy.ts';
import { appendWeighed, type ControlWriter } from './control-records.ts';
import type { Credential } from './credentials.ts';
import { activeDigest, labelOf, type LayerId, openProposals } from './policy-layers.ts';

export interface WithdrawnProposal {
  /** That is not asked for any more; null: that there be none. */
  policyDigest: string | null;
  proposedBy: string;
  /** In force, before and after. */
  inForce: string | null;
}

/** @throws {CountersignError} `not-found` where nothing is proposed for this layer */
export async function withdrawProposal(
  gateway: ControlWriter,
  caller: Credential,
  id: LayerId,
): Promise<WithdrawnProposal> {
  return await appendWeighed(gateway, async () => {
    const open = (await openProposals(gateway)).find((one) => labelOf(one) === labelOf(id) && one.mode === 'enforce');
    if (!open) {
      throw new CountersignError(
        'not-found',
        `Cannot withdraw a proposal for "${labelOf(id)}": none waits for a second person, expected one; look at the status of policies`,
      );
    }
    const inForce = await activeDigest(gateway, id, 'enforce');
    const order = { ...id, mode: 'enforce' as const, policyDigest: inForce };
    return {
      result: { policyDigest: open.policyDigest, proposedBy: open.by, inForce },
      order: await activationOrder(gateway, order, caller.principal, null),
    };
  });
}
