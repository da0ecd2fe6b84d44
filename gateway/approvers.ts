/**
 * Whether somebody may answer a request, judged before anything is signed. The gate judges again; here a refusal costs
 * nothing and says why. Requesters do not answer their own requests, nor does a key that somebody else made.
 */
import { requestersOf, type TicketBody } from '../core/contracts/ticket.ts';
import { whyNotAfterEdits, whyNoVote } from '../core/credential.ts';
import { saysYes } from '../core/contracts/approval.ts';
import { type CastVote, type CompiledPolicy, judgeVoter, mayBeRequesters, namesOf } from '../policy/index.ts';
import { readMakers } from '../store/read-credentials.ts';
import { whyNoBreakGlass } from '../store/read-reviews.ts';
import { activationOf } from './active-pack.ts';
import type { VotingKey } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import { storedPolicy } from './stored-policies.ts';
import type { OpenedAsk } from './verified.ts';

export type MayAnswer = { kind: 'may'; roles: string[]; groups: string[] } | { kind: 'may-not'; reason: string };

/** Of the answer that is to be given; absent: whatever is needed, for the question who may answer at all. */
export type Answer = Omit<CastVote, 'castAt'>;

const anyAnswer: Answer = { verdict: 'approve', channel: null, hasReason: true, isConfirmed: true };

export interface ApproverCheck {
  mayAnswer(ask: OpenedAsk, ticket: TicketBody, caller: VotingKey, answer?: Answer): Promise<MayAnswer>;
}

export function createApproverCheck(
  gateway: Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>,
): ApproverCheck {
  return {
    async mayAnswer(ask, ticket, caller, answer = anyAnswer) {
      const { terms, askedAt } = ask.body.ask;
      const requesters = everybodyBehind(ask, ticket);
      const now = gateway.clock.now();
      const { coAuthors = [] } = ask.body.ask;
      const makers = await makersOf(gateway, caller);
      const separate = mayBeRequesters(terms, answer.verdict) ? [] : requesters;
      const reason =
        whyNoVote(caller, makers, separate, now, answer.verdict) ??
        (saysYes(answer.verdict) ? whyNotAfterEdits(caller, coAuthors) : undefined);
      if (reason !== undefined) return { kind: 'may-not', reason };
      const active = await activationOf(gateway, ticket.agent);
      // Where layers above ask, the gate's ask says by whose roles; it judges again, by what is in force then.
      const usual = [ask.body.policyDigest, ask.body.activePolicyDigest, active?.policyDigest];
      const digests = new Set<string | undefined>(ask.body.approverPolicies ?? usual);
      const policies: CompiledPolicy[] = [];
      for (const digest of digests) {
        if (digest === undefined) continue;
        const policy = await storedPolicy(gateway, digest);
        if (!policy) return { kind: 'may-not', reason: 'a policy of the run is not in the store' };
        policies.push(policy);
      }
      const voter = { principal: caller.principal, claims: caller.roles };
      const asked = { terms, risk: ask.body.risk, askedAt, coAuthors };
      const judged = judgeVoter(asked, policies, requesters, voter, { ...answer, castAt: now });
      if (judged.kind === 'may-not') return judged;
      if (answer.verdict === 'break-glass' && terms.breakGlass) {
        const reader = { store: gateway.store, registry: gateway.keys.registry, audience: gateway.audience };
        const use = { nonce: ask.row.nonce, now, perDay: terms.breakGlass.perDay };
        const refusal = await whyNoBreakGlass(reader, namesOf(policies, caller.principal), use);
        if (refusal !== undefined) return { kind: 'may-not', reason: refusal };
      }
      return { kind: 'may', roles: judged.roles, groups: judged.groups };
    },
  };
}

async function makersOf(
  { store, keys, audience }: Pick<GatewayContext, 'store' | 'keys' | 'audience'>,
  key: VotingKey,
): Promise<ReadonlySet<string>> {
  return (await readMakers({ store, registry: keys.registry, audience }))(key);
}

/** From the ticket, the gate's decision and its card: a changed row cannot make a requester disappear. */
function everybodyBehind({ body, card }: OpenedAsk, ticket: TicketBody): string[] {
  const behalf = card.onBehalfOf === null ? [] : [card.onBehalfOf];
  return [...new Set([...requestersOf(ticket), body.principal, card.requester, ...behalf])];
}
