/** What a run's model calls took: tokens, and their cost by the policy's prices. */
import type { CompiledPolicy } from './compiled-policy.ts';
import type { ModelUsage } from './input.ts';

export function tokensOf(usage: readonly ModelUsage[]): number {
  return usage.reduce((sum, { input, output }) => sum + input + output, 0);
}

/** Without a price for what was used it is infinite: more than any limit, and never less than what was really spent. */
export function costOf({ prices }: Pick<CompiledPolicy, 'prices'>, usage: readonly ModelUsage[]): number {
  return usage.reduce((sum, { model, input, output }) => {
    if (input + output === 0) return sum;
    const price = prices.get(model);
    return price ? sum + (input * price.input + output * price.output) / 1_000_000 : Number.POSITIVE_INFINITY;
  }, 0);
}
