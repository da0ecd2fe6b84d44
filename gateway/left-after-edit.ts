/**
 * What an edit by somebody leads to, before they make it: whoever edits a call does not approve it, so that an edit by one of too
 * few ends in a denial that nobody meant. A warning and no more: the gate finds out when it asks.
 */
import type { CompiledPolicy } from '../policy/index.ts';
import { mostNamed } from '../core/contracts/decision.ts';
import type { Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import { storedPolicy } from './stored-policies.ts';
import type { OpenedAsk } from './verified.ts';

/** Undefined: enough others are left by what the gate signed of who could answer, or it signed nothing of that. */
export async function warningBeforeEdit(
  gateway: Pick<GatewayContext, 'store'>,
  { body }: OpenedAsk,
  { principal }: Pick<Credential, 'principal'>,
): Promise<string | undefined> {
  const { couldAnswer, onlyByBreakGlass = [], terms } = body.ask;
  if (!couldAnswer || couldAnswer.length >= mostNamed) return undefined;
  const policy = await storedPolicy(gateway, body.policyDigest);
  const left = new Set(
    couldAnswer.filter((name) => !onlyByBreakGlass.includes(name)).map((name) => personOf(policy, name)),
  );
  left.delete(personOf(policy, principal));
  if (left.size >= terms.quorum) return undefined;
  const others = left.size === 0 ? 'nobody else' : `${left.size} other${left.size === 1 ? '' : 's'}`;
  return `you do not approve what you edited, and ${others} could approve it, of ${terms.quorum} needed: if the edited call is asked about under the same terms, it is denied at once`;
}

function personOf(policy: CompiledPolicy | undefined, name: string): string {
  return policy?.people.get(name) ?? name;
}
