/** Which verdicts of cases change between two versions of a policy, and in which direction. */
import { combineTerms } from '../terms.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { decideByLayers, type LayerPolicy } from '../layers.ts';
import type { PolicyVerdict } from '../verdict.ts';
import { type CallDefaults, policyInputOf } from './call-source.ts';
import type { PolicyCase } from './cases-file.ts';

export interface Flip {
  readonly case: PolicyCase;
  readonly direction: 'looser' | 'tighter';
  readonly before: PolicyVerdict;
  readonly after: PolicyVerdict;
}

const order = ['allow', 'ask', 'deny'] as const;

export function diffCases(
  before: readonly LayerPolicy[],
  after: readonly LayerPolicy[],
  cases: readonly PolicyCase[],
  defaults: CallDefaults,
): Flip[] {
  return cases.flatMap((one): Flip[] => {
    const input = policyInputOf(one.call, defaults);
    const [old, now] = [decideByLayers(before, input).verdict, decideByLayers(after, input).verdict];
    const direction = directionOf(old, now);
    return direction ? [{ case: one, direction, before: old, after: now }] : [];
  });
}

function directionOf(before: PolicyVerdict, after: PolicyVerdict): Flip['direction'] | undefined {
  const moved = order.indexOf(after.verdict) - order.indexOf(before.verdict);
  if (moved !== 0) return moved > 0 ? 'tighter' : 'looser';
  if (!before.terms || !after.terms) return undefined;
  const plain = ({ name: _, ...terms }: typeof before.terms & object): string => canonicalJson(terms);
  const [old, now] = [plain(before.terms), plain(after.terms)];
  if (old === now) return undefined;
  // Terms that add nothing to the new ones were no stricter than they are.
  return plain(combineTerms(before.terms, after.terms)) === now ? 'tighter' : 'looser';
}
