/**
 * Several policies at once: organisation, team, pack, each in every version that counts. The verdict is the stricter of all
 * of them, so that a lower layer, an older or a newer version can tighten and never loosen. Without any policy it denies.
 */
import type { LayerKind } from '../core/contracts/ids.ts';
import { decideByPolicy } from './built-in-rules.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { type PolicyVerdict, ruleHit, stricterVerdict, verdictOf } from './verdict.ts';

export interface LayerPolicy {
  readonly layer: LayerKind;
  /** `organisation`, the team's or the agent's name. */
  readonly name: string;
  readonly digest: string;
  readonly policy: CompiledPolicy;
}

export interface LayeredVerdict {
  readonly verdict: PolicyVerdict;
  /** What each said, in the order given. */
  readonly byLayer: readonly { readonly of: LayerPolicy; readonly verdict: PolicyVerdict }[];
  /** Labels of the layers whose verdict is the one that holds. */
  readonly deciding: readonly string[];
}

/** Never throws. */
export function decideByLayers(layers: readonly LayerPolicy[], input: PolicyInput): LayeredVerdict {
  const byLayer = layers.map((of) => ({ of, verdict: named(of, decideByPolicy(of.policy, input)) }));
  const [first, ...others] = byLayer.map(({ verdict }) => verdict);
  if (!first) {
    const hit = ruleHit('layer-missing', 'deny', 'There is no policy for this call');
    return { verdict: verdictOf('deny', [hit], 'critical'), byLayer, deciding: [] };
  }
  const verdict = others.reduce(stricterVerdict, first);
  const decided = byLayer.filter((one) => one.verdict.verdict === verdict.verdict).map(({ of }) => layerLabel(of));
  return { verdict, byLayer, deciding: [...new Set(decided)] };
}

/** As people read it: `organisation`, `team:sre`, `pack`. */
export function layerLabel({ layer, name }: Pick<LayerPolicy, 'layer' | 'name'>): string {
  return layer === 'team' ? `team:${name}` : layer;
}

/** Teams that the organisation's policy says an agent belongs to. */
export function teamsOf({ layers }: Pick<CompiledPolicy, 'layers'>, agent: string): string[] {
  if (!layers) return [];
  return [...layers.teams]
    .filter(([, agents]) => agents.some((pattern) => matchesTool(pattern, agent)))
    .map(([team]) => team)
    .toSorted();
}

/** A rule of a layer above says whose it is; one of the pack has its plain id. */
function named(of: LayerPolicy, verdict: PolicyVerdict): PolicyVerdict {
  if (of.layer === 'pack') return verdict;
  const prefix = layerLabel(of);
  return { ...verdict, rules: verdict.rules.map((hit) => ({ ...hit, id: `${prefix}/${hit.id}` })) };
}
