/**
 * Whether somebody may answer a request, judged before anything is signed. The gate judges again; here a refusal costs
 * nothing and says why. Requesters do not answer their own requests, nor does a key that somebody else made.
 */
import { requestersOf, type TicketBody } from '../core/contracts/ticket.ts';
import { whyNotAfterEdits, whyNoVote } from '../core/credential.ts';
import { CountersignError } from '../core/errors.ts';
import { type CastVote, type CompiledPolicy, judgeVoter, loadPolicy } from '../policy/index.ts';
import { activationOf } from './active-pack.ts';
import type { Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

export type MayAnswer = { kind: 'may'; roles: string[]; groups: string[] } | { kind: 'may-not'; reason: string };

/** Of the answer that is to be given; absent: whatever is needed, for the question who may answer at all. */
export type Answer = Omit<CastVote, 'castAt'>;

const anyAnswer: Answer = { verdict: 'approve', channel: null, hasReason: true, isConfirmed: true };
const cachedPolicies = 64;

export interface ApproverCheck {
  mayAnswer(ask: OpenedAsk, ticket: TicketBody, caller: Credential, answer?: Answer): Promise<MayAnswer>;
}

export function createApproverCheck(
  gateway: Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>,
): ApproverCheck {
  const cache = new Map<string, CompiledPolicy>();
  return {
    async mayAnswer(ask, ticket, caller, answer = anyAnswer) {
      const { terms, askedAt } = ask.body.ask;
      const requesters = everybodyBehind(ask, ticket);
      const now = gateway.clock.now();
      const { coAuthors = [] } = ask.body.ask;
      const reason =
        whyNoVote(caller, terms.requesterMayApprove ? [] : requesters, now) ??
        (answer.verdict === 'approve' ? whyNotAfterEdits(caller, coAuthors) : undefined);
      if (reason !== undefined) return { kind: 'may-not', reason };
      const active = await activationOf(gateway, ticket.agent);
      // Where layers above ask, the gate's ask says by whose roles; it judges again, by what is in force then.
      const usual = [ask.body.policyDigest, ask.body.activePolicyDigest, active?.policyDigest];
      const digests = new Set<string | undefined>(ask.body.approverPolicies ?? usual);
      const policies: CompiledPolicy[] = [];
      for (const digest of digests) {
        if (digest === undefined) continue;
        const policy = await policyByDigest(gateway, cache, digest);
        if (!policy) return { kind: 'may-not', reason: 'a policy of the run is not in the store' };
        policies.push(policy);
      }
      const voter = { principal: caller.principal, claims: caller.roles };
      const asked = { terms, risk: ask.body.risk, askedAt, coAuthors };
      const judged = judgeVoter(asked, policies, requesters, voter, { ...answer, castAt: now });
      return judged.kind === 'may' ? { kind: 'may', roles: judged.roles, groups: judged.groups } : judged;
    },
  };
}

/** From the ticket, the gate's decision and its card: a changed row cannot make a requester disappear. */
function everybodyBehind({ body, card }: OpenedAsk, ticket: TicketBody): string[] {
  const behalf = card.onBehalfOf === null ? [] : [card.onBehalfOf];
  return [...new Set([...requestersOf(ticket), body.principal, card.requester, ...behalf])];
}

async function policyByDigest(
  { store }: Pick<GatewayContext, 'store'>,
  cache: Map<string, CompiledPolicy>,
  digest: string,
): Promise<CompiledPolicy | undefined> {
  const cached = cache.get(digest);
  if (cached) return cached;
  const loaded = loadPolicy((await bodyOrEmpty(store, digest)) ?? '', digest);
  if (loaded.kind === 'invalid') return undefined;
  const oldest = cache.size >= cachedPolicies ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(digest, loaded.policy);
  return loaded.policy;
}

/** A body that does not match its digest is as good as none. */
async function bodyOrEmpty(store: GatewayContext['store'], digest: string): Promise<string | null> {
  try {
    return await store.getBody(digest);
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'record-invalid') return null;
    throw error;
  }
}
