/** A gate whose policy lets approvals be given as grants, and grants with the votes that a test wants; one change a test. */
import type { CheckCallInput, CheckCallResult } from '../../../core/contracts/activities.ts';
import type { VoteBody } from '../../../core/contracts/approval.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import type { Grant } from '../../../core/contracts/grant.ts';
import { digestJson } from '../../../core/digest.ts';
import { grantDigestOf } from '../../../core/grant/decide-grant.ts';
import { grantFor as grantOf } from '../../support/grants.ts';
import { createGateWorld, type WorldChanges } from './check-call-world.ts';
import { start } from './run-tool-world.ts';

export const grantTtlMs = 3_600_000;

/** @param terms more keys of the default terms, as YAML */
export function grantPolicy(terms = '', grants = '{ ttl: 1h, uses: 5, scope: agent }'): string {
  return `version: 1
roles: { operator: {}, manager: {} }
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 1
    deadline: 60s
    executeWithin: 30s
    ${terms}
    ${grants === '' ? '' : `grants: ${grants}`}
rules:
  - { id: asks, effect: ask, tools: [send, move, wipe, read_secret], reason: a person must see it }
  - { id: named, effect: ask, tools: [send], when: 'args.name == "two"', reason: two is special }
`;
}

export interface Granted {
  grant: Grant;
  digest: string;
  ask: SignedDecision;
}

export async function createGrantWorld(changes: WorldChanges = {}) {
  const world = await createGateWorld({ policy: grantPolicy(), ...changes });

  function grantFor(ask: SignedDecision, change: Partial<Grant> = {}): Grant {
    const times = { grantedAt: world.clock.at, expiresAt: world.clock.at + grantTtlMs };
    const own: Partial<Grant> = { agent: 'ops', scope: 'run', labels: ['operator'], uses: 2, ...times, ...change };
    return grantOf({ ask, askDigest: digestJson('decision', ask) }, own);
  }

  async function propose(grant: Grant): Promise<string> {
    await world.order({ kind: 'grant', grant });
    return grantDigestOf(grant);
  }

  async function storeVote(ask: SignedDecision, change: Partial<VoteBody>): Promise<string> {
    const vote = world.vote(ask, change);
    const digest = digestJson('vote', vote);
    await world.store.storeVote(vote, digest);
    return digest;
  }

  /** Asked for call 0 of turn 1, approved as a grant by olga alone. */
  async function granted(
    change: Partial<Grant> = {},
    asked: Partial<CheckCallInput> = {},
    vote: Partial<VoteBody> = {},
  ): Promise<Granted> {
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}', ...asked });
    const grant = grantFor(ask, change);
    const digest = await propose(grant);
    await storeVote(ask, { grantDigest: digest, ...vote });
    return { grant, digest, ask };
  }

  /** A further call of the turn. */
  async function call(index: number, name: string, changed: Partial<CheckCallInput> = {}): Promise<CheckCallResult> {
    return await world.gate({ index, argumentsText: JSON.stringify({ name }), ...changed });
  }

  return { ...world, grantFor, propose, storeVote, granted, call, start };
}
export type GrantWorld = Awaited<ReturnType<typeof createGrantWorld>>;

/** `grant 1`: allowed by its first use; else the verdict. */
export function groundsOf(result: CheckCallResult): string {
  if (result.kind !== 'decided') return result.kind;
  const { body } = result.decision;
  if (body.verdict !== 'allow') return body.verdict;
  return body.grant ? `grant ${body.grant.use}` : body.approval ? 'approval' : 'allow';
}
