/**
 * What became of an order to activate a policy, as lines and as an exit code. A proposal is no activation: a script that
 * goes on as if the version were in force would be wrong, so it has the exit code of what did not come about.
 */
import type { PolicyActivated } from '../../client/policy-schemas.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { typedLayer } from './layer-name.ts';

export function tellActivation(
  { terminal, json }: Pick<CommandContext, 'terminal' | 'json'>,
  id: Parameters<typeof typedLayer>[0],
  result: PolicyActivated,
  mode: 'enforce' | 'shadow' = 'enforce',
): number {
  if (json) terminal.json({ ...id, ...result });
  else {
    const layer = typedLayer(id);
    const policy = result.policyDigest ?? 'no policy';
    const where = mode === 'shadow' ? 'in shadow' : 'in force';
    const words = {
      activated: `${layer}: ${policy} is ${where}`,
      unchanged: `${layer}: ${policy} was ${where} already`,
      proposed: `${layer}: proposed; it may be looser, so a second person has to order the same`,
    };
    terminal.result(words[result.status]);
    if (result.samePeople.length > 0) terminal.result(`  ${sameWords(result.samePeople)}`);
    for (const { direction, path, what } of result.differences) {
      terminal.result(
        `  ${direction === 'unknown' ? 'changed' : direction} ${path === '' ? 'the policy' : path}: ${what}`,
      );
    }
  }
  return result.status === 'proposed' ? exitCodes.ended : exitCodes.done;
}

/** Said where somebody meant to be the second person and is not. */
function sameWords(people: readonly string[]): string {
  const names = people.length > 8 ? [...people.slice(0, 8), '…'] : people;
  return `this order is no second person's: ${names.join(', ')} proposed the same, or made a key of who did and of who orders now`;
}
