/**
 * Which policies a call is judged by: of the pack and of every layer above, the version that the run pinned and the one that
 * is active now. One that is missing, or does not load, or a team that has none, refuses the call.
 */
import type { LayerVerdict, ShadowVerdict } from '../../core/contracts/decision.ts';
import type { TicketBody } from '../../core/contracts/ticket.ts';
import {
  decideByPolicy,
  type LayeredVerdict,
  type LayerPolicy,
  type PolicyInput,
  teamsOf,
} from '../../policy/index.ts';
import type { PolicySource } from '../policy-source.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Judgement } from './judge.ts';

export interface AskedPolicies {
  kind: 'policies';
  /** The pack's first. */
  enforced: LayerPolicy[];
  shadow: LayerPolicy[];
  activeDigest: string;
}
export interface PolicyMissing {
  kind: 'missing';
  rule: 'policy-missing' | 'layer-missing';
  reason: string;
}

type Named = Omit<LayerPolicy, 'policy'>;

export async function readPolicies(
  { policies }: Pick<CheckCallDependencies, 'policies'>,
  ticket: TicketBody,
): Promise<AskedPolicies | PolicyMissing> {
  const { agent } = ticket;
  const activeDigest = (await policies.activePolicyDigest(agent)) ?? ticket.policyDigest;
  const pack = (digest: string): Named => ({ layer: 'pack', name: agent, digest });
  const packs = await load(policies, [pack(ticket.policyDigest), pack(activeDigest)]);
  if (!packs) return missing('policy-missing', 'the policy of this run is missing or does not load');
  const active = await policies.activeLayers();
  const pinned = (ticket.layers ?? []).map(({ policyDigest, ...one }): Named => ({ ...one, digest: policyDigest }));
  const inForce = active.map(({ policyDigest, mode, ...one }) => ({ ...one, mode, digest: policyDigest }));
  const enforced = inForce.filter(({ mode }) => mode === 'enforce');
  const organisations = await load(
    policies,
    [...pinned, ...enforced].filter(({ layer }) => layer === 'organisation'),
  );
  if (!organisations) return missing('layer-missing', 'the policy of the organisation is missing or does not load');
  const teamsNow = [...new Set(organisations.flatMap(({ policy }) => teamsOf(policy, agent)))];
  const ofTeams = [...pinned, ...enforced.filter(({ name }) => teamsNow.includes(name))];
  const teams = await load(
    policies,
    ofTeams.filter(({ layer }) => layer === 'team'),
  );
  if (!teams) return missing('layer-missing', 'the policy of a team is missing or does not load');
  const without = teamsNow.find((name) => !teams.some((team) => team.name === name));
  if (without !== undefined) {
    return missing('layer-missing', `the organisation says this agent is of team ${without}, which has no policy`);
  }
  const shadows = inForce.filter(({ mode, layer, name }) => {
    if (mode !== 'shadow') return false;
    return layer === 'organisation' || (layer === 'pack' ? name === agent : teamsNow.includes(name));
  });
  return {
    kind: 'policies',
    enforced: [...packs, ...organisations, ...teams],
    // What does not load in shadow mode changes nothing either.
    shadow: (await Promise.all(shadows.map(async (one) => await load(policies, [one])))).flatMap((one) => one ?? []),
    activeDigest,
  };
}

/** What a decision says of layers; nothing where the pack's policy stands alone. */
export function recordedLayers(
  { enforced, shadow }: AskedPolicies,
  layered: LayeredVerdict,
  facts: PolicyInput,
): Pick<Judgement, 'layers' | 'shadow' | 'approverPolicies'> {
  const said: LayerVerdict[] = layered.byLayer.map(({ of, verdict }) => ({ ...named(of), verdict: verdict.verdict }));
  const wouldSay: ShadowVerdict[] = shadow.map((of) => {
    const { verdict, rules } = decideByPolicy(of.policy, facts);
    return { ...named(of), verdict, rules: rules.slice(0, 100).map(({ id }) => id) };
  });
  const judging = approverLayers(layered);
  return {
    ...(enforced.some(({ layer }) => layer !== 'pack') ? { layers: said } : {}),
    ...(wouldSay.length > 0 ? { shadow: wouldSay } : {}),
    ...(judging.some(({ layer }) => layer !== 'pack') ? { approverPolicies: judging.map(({ digest }) => digest) } : {}),
  };
}

/**
 * By whose roles approvers are judged: the pack's policies, and each layer above that asks. Where only layers above ask, the
 * pack's need not know the roles that those name.
 */
export function approverLayers({ byLayer }: LayeredVerdict): LayerPolicy[] {
  const asking = byLayer.filter(({ verdict }) => verdict.verdict === 'ask').map(({ of }) => of);
  const above = asking.filter(({ layer }) => layer !== 'pack');
  const packs = byLayer.map(({ of }) => of).filter(({ layer }) => layer === 'pack');
  return above.length > 0 && above.length === asking.length ? above : [...packs, ...above];
}

function named({ layer, name, digest }: LayerPolicy): Pick<LayerVerdict, 'layer' | 'name' | 'policyDigest'> {
  return { layer, name, policyDigest: digest };
}

/** Each version once. @returns undefined when one of them cannot be had */
async function load(source: PolicySource, wanted: readonly Named[]): Promise<LayerPolicy[] | undefined> {
  const loaded = new Map<string, LayerPolicy>();
  for (const { layer, name, digest } of wanted) {
    const policy = await source.policyByDigest(digest);
    if (!policy) return undefined;
    loaded.set(JSON.stringify([layer, name, digest]), { layer, name, digest, policy });
  }
  return [...loaded.values()];
}

function missing(rule: PolicyMissing['rule'], reason: string): PolicyMissing {
  return { kind: 'missing', rule, reason };
}
