/**
 * Puts a version of a layer's policy in force by a signed record. What may be looser than the version before needs a second
 * person where the organisation's policy says so; the first one's order is then a proposal, which allows nothing.
 */
import { CountersignError } from '../core/errors.ts';
import { comparePolicies, mayBeLooser, type PolicyDifference } from '../policy/index.ts';
import { activationOf } from './active-pack.ts';
import { appendWeighed, type ControlOrder, type ControlWriter } from './control-records.ts';
import type { Credential } from './credentials.ts';
import { keysThatStood, peopleBehind, readKeyHistory } from './people-behind.ts';
import {
  activeDigest,
  formerDigests,
  labelOf,
  type LayerId,
  openProposals,
  organisationPolicy,
  policyOf,
  type Proposal,
  readerOf,
} from './policy-layers.ts';

export interface ActivationOrder extends LayerId {
  mode: 'enforce' | 'shadow';
  /** Null: none from now on. */
  policyDigest: string | null;
}

export interface ActivationResult {
  status: 'activated' | 'proposed' | 'unchanged';
  before: string | null;
  policyDigest: string | null;
  /** Why a second person is needed; empty where none is. */
  differences: PolicyDifference[];
  /** Who stands behind both this order and the open proposal, so that it is not a second person's; empty elsewhere. */
  samePeople: string[];
}

interface Weighed {
  result: ActivationResult;
  /** Absent: nothing is to be recorded. */
  order?: ControlOrder;
}

/** @throws {CountersignError} `not-found`, `policy-invalid`, `conflict`, `forbidden` */
export async function activatePolicy(
  gateway: ControlWriter,
  caller: Credential,
  order: ActivationOrder,
): Promise<ActivationResult> {
  requireSensible(order);
  return await appendWeighed(gateway, () => weigh(gateway, caller, order));
}

async function weigh(gateway: ControlWriter, caller: Credential, order: ActivationOrder): Promise<Weighed> {
  const before = await activeDigest(gateway, order, order.mode);
  const { policyDigest } = order;
  if (policyDigest !== null) await requireFitting(gateway, order, policyDigest);
  const nobody = { before, policyDigest, samePeople: [] };
  if (before === policyDigest) return { result: { ...nobody, status: 'unchanged', differences: [] } };
  const differences = await loosening(gateway, order, before);
  if (differences.length === 0) {
    const inForce = await activationOrder(gateway, order, caller.principal, null);
    return { result: { ...nobody, status: 'activated', differences }, order: inForce };
  }
  if (!caller.person) {
    throw new CountersignError(
      'forbidden',
      `Cannot activate a policy of "${labelOf(order)}" that may be looser: a service account asked, expected a person; let two people do it`,
    );
  }
  const proposals = await openProposals(gateway);
  const proposed = proposals.find(
    (one) => labelOf(one) === labelOf(order) && one.mode === order.mode && one.policyDigest === policyDigest,
  );
  if (!proposed) {
    const { layer, name, mode } = order;
    return {
      result: { ...nobody, status: 'proposed', differences },
      order: { kind: 'policy-proposal', layer, name, mode, policyDigest, by: caller.principal },
    };
  }
  const samePeople = await behindBoth(gateway, caller, proposed);
  if (samePeople.length > 0) return { result: { ...nobody, status: 'proposed', differences, samePeople } };
  const inForce = await activationOrder(gateway, order, caller.principal, proposed.by);
  return { result: { ...nobody, status: 'activated', differences }, order: inForce };
}

/** A key that somebody made for somebody else may be used by its maker: whoever is behind both keys consented once. */
async function behindBoth(gateway: ControlWriter, caller: Credential, { by, sequence }: Proposal): Promise<string[]> {
  const history = await readKeyHistory(readerOf(gateway));
  const proposers = peopleBehind(history, keysThatStood(history, by, sequence)).add(by);
  return [...peopleBehind(history, [caller])].filter((one) => proposers.has(one)).toSorted();
}

/** Back to the version before the present one. @throws {CountersignError} `not-found` where there was none */
export async function rollBackPolicy(
  gateway: ControlWriter,
  caller: Credential,
  id: LayerId,
): Promise<ActivationResult> {
  const now = await activeDigest(gateway, id, 'enforce');
  const former = (await formerDigests(gateway, id)).find((digest) => digest !== now);
  if (former === undefined) {
    throw new CountersignError(
      'not-found',
      `Cannot roll back "${labelOf(id)}": no other version was ever active, expected one; activate a version by its digest`,
    );
  }
  return await activatePolicy(gateway, caller, {
    layer: id.layer,
    name: id.name,
    mode: 'enforce',
    policyDigest: former,
  });
}

/** What of an order may be looser, where that needs two people; empty where one is enough. */
export async function loosening(
  gateway: ControlWriter,
  { layer, mode, policyDigest }: ActivationOrder,
  before: string | null,
): Promise<PolicyDifference[]> {
  // A shadow changes no verdict; a first version above the packs only adds to what refuses.
  if (mode === 'shadow' || before === null) return [];
  const organisation = await organisationPolicy(gateway);
  if (!organisation?.layers?.looseningNeedsTwo) return [];
  const [old, now] = [
    await policyOf(gateway, before),
    policyDigest === null ? null : await policyOf(gateway, policyDigest),
  ];
  const differences = comparePolicies(old.source, now?.source ?? null);
  if (!mayBeLooser(differences)) return [];
  return differences.filter(({ direction }) => direction !== 'tighter' || layer === 'organisation');
}

/** Whether one version may be looser than another, whoever may order it; a version that cannot be read compares as anything. */
export async function isLooser(gateway: ControlWriter, before: string, policyDigest: string): Promise<boolean> {
  if (before === policyDigest) return false;
  try {
    const [old, now] = [await policyOf(gateway, before), await policyOf(gateway, policyDigest)];
    return mayBeLooser(comparePolicies(old.source, now.source));
  } catch (error) {
    if (error instanceof CountersignError && !error.retryable) return true;
    throw error;
  }
}

function requireSensible({ layer, name, mode, policyDigest }: ActivationOrder): void {
  const wrong =
    layer === 'organisation' && name !== 'organisation'
      ? 'the organisation has the name "organisation"'
      : layer === 'pack' && mode === 'enforce' && policyDigest === null
        ? 'a pack always has a policy'
        : undefined;
  if (wrong === undefined) return;
  throw new CountersignError('input-invalid', `Cannot activate a policy: ${wrong}, expected another order; correct it`);
}

async function requireFitting(gateway: ControlWriter, order: ActivationOrder, digest: string): Promise<void> {
  const { policy } = await policyOf(gateway, digest);
  if (policy.layers && order.layer !== 'organisation') {
    throw new CountersignError(
      'policy-invalid',
      `Cannot activate policy "${digest}" for "${labelOf(order)}": it has "layers", expected them in the policy of the organisation only; take them out`,
    );
  }
}

export async function activationOrder(
  gateway: ControlWriter,
  order: ActivationOrder,
  by: string,
  proposedBy: string | null,
): Promise<ControlOrder> {
  const { layer, name, mode, policyDigest } = order;
  if (layer !== 'pack' || mode === 'shadow' || policyDigest === null) {
    return { kind: 'policy-layer', layer, name, mode, policyDigest, by, proposedBy };
  }
  const active = await activationOf(gateway, name);
  if (!active) {
    throw new CountersignError(
      'not-found',
      `Cannot activate a policy for agent "${name}": no pack of that name is active, expected one; start Countersign with its folder`,
    );
  }
  const { packDigest } = active;
  return { kind: 'policy-activation', agent: name, packDigest, policyDigest, by };
}
