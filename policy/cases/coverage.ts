/**
 * What the cases reached: a rule is covered when it matched once; each condition has two branches, true and false. A rule that
 * no case reaches is a rule that nobody has seen work.
 */
import type { CompiledPolicy } from '../compiled-policy.ts';
import type { RuleExplanation } from '../explain.ts';

export interface RuleCoverage {
  readonly layer: string;
  readonly id: string;
  readonly matched: boolean;
  /** Null for a rule without a condition. */
  readonly whenFalse: boolean | null;
}
export interface CoverageReport {
  readonly rules: readonly RuleCoverage[];
  readonly rulesCovered: number;
  readonly branches: number;
  readonly branchesCovered: number;
  /** Of rules and branches together, rounded down; 100 where there is nothing to cover. */
  readonly percent: number;
}

export class Coverage {
  readonly #seen = new Map<
    string,
    { layer: string; id: string; conditional: boolean; matched: boolean; wasFalse: boolean }
  >();

  constructor(layers: readonly { readonly label: string; readonly policy: CompiledPolicy }[]) {
    for (const { label, policy } of layers) {
      for (const { id, condition } of policy.rules) {
        const conditional = condition !== undefined;
        this.#seen.set(keyOf(label, id), { layer: label, id, conditional, matched: false, wasFalse: false });
      }
    }
  }

  add(layer: string, rules: readonly RuleExplanation[]): void {
    for (const { id, result } of rules) {
      const seen = this.#seen.get(keyOf(layer, id));
      if (!seen) continue;
      seen.matched ||= result === 'matches';
      seen.wasFalse ||= result === 'when';
    }
  }

  report(): CoverageReport {
    const all = [...this.#seen.values()];
    const conditional = all.filter((rule) => rule.conditional);
    const rulesCovered = all.filter((rule) => rule.matched).length;
    const branches = conditional.length * 2;
    const branchesCovered =
      conditional.filter((rule) => rule.matched).length + conditional.filter((rule) => rule.wasFalse).length;
    const total = all.length + branches;
    return {
      rules: all.map(({ layer, id, conditional: has, matched, wasFalse }) => {
        return { layer, id, matched, whenFalse: has ? wasFalse : null };
      }),
      rulesCovered,
      branches,
      branchesCovered,
      percent: total === 0 ? 100 : Math.floor(((rulesCovered + branchesCovered) / total) * 100),
    };
  }
}

function keyOf(layer: string, id: string): string {
  return JSON.stringify([layer, id]);
}
