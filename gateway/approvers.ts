/**
 * Whether somebody may answer a request, judged before anything is signed. The gate judges again; here a refusal costs
 * nothing and says why. Requesters do not answer their own requests, nor does a key that somebody else made.
 */
import { requestersOf, type TicketBody } from '../core/contracts/ticket.ts';
import { whyNotAfterEdits, whyNoVote } from '../core/credential.ts';
import { type CastVote, type CompiledPolicy, judgeVoter } from '../policy/index.ts';
import { readMakers } from '../store/read-credentials.ts';
import { activationOf } from './active-pack.ts';
import type { VotingKey } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import { oncePer } from './once-per.ts';
import { storedPolicy } from './stored-policies.ts';
import type { OpenedAsk } from './verified.ts';

export type MayAnswer = { kind: 'may'; roles: string[]; groups: string[] } | { kind: 'may-not'; reason: string };

/** Of the answer that is to be given; absent: whatever is needed, for the question who may answer at all. */
export type Answer = Omit<CastVote, 'castAt'>;

const anyAnswer: Answer = { verdict: 'approve', channel: null, hasReason: true, isConfirmed: true };

export interface ApproverCheck {
  mayAnswer(ask: OpenedAsk, ticket: TicketBody, caller: VotingKey, answer?: Answer): Promise<MayAnswer>;
  /** For a list that is put together now: keys and activations are read once for all of it. */
  atOnce(): Pick<ApproverCheck, 'mayAnswer'>;
}

type Context = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

interface Reads {
  makersOf: (key: VotingKey) => Promise<ReadonlySet<string>>;
  activationOf: (agent: string) => ReturnType<typeof activationOf>;
}

export function createApproverCheck(gateway: Context): ApproverCheck {
  const read = async () =>
    await readMakers({ store: gateway.store, registry: gateway.keys.registry, audience: gateway.audience });
  const reads: Reads = {
    makersOf: async (key) => (await read())(key),
    activationOf: async (agent) => await activationOf(gateway, agent),
  };
  return {
    ...checkBy(gateway, reads),
    atOnce() {
      const makers = oncePer(read);
      return checkBy(gateway, {
        makersOf: async (key) => (await makers(''))(key),
        activationOf: oncePer(reads.activationOf),
      });
    },
  };
}

function checkBy(gateway: Context, reads: Reads): Pick<ApproverCheck, 'mayAnswer'> {
  return {
    async mayAnswer(ask, ticket, caller, answer = anyAnswer) {
      const { terms, askedAt } = ask.body.ask;
      const requesters = everybodyBehind(ask, ticket);
      const now = gateway.clock.now();
      const { coAuthors = [] } = ask.body.ask;
      const makers = await reads.makersOf(caller);
      const separate = terms.requesterMayApprove ? [] : requesters;
      const reason =
        whyNoVote(caller, makers, separate, now, answer.verdict) ??
        (answer.verdict === 'approve' ? whyNotAfterEdits(caller, coAuthors) : undefined);
      if (reason !== undefined) return { kind: 'may-not', reason };
      const active = await reads.activationOf(ticket.agent);
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
      return judged.kind === 'may' ? { kind: 'may', roles: judged.roles, groups: judged.groups } : judged;
    },
  };
}

/** From the ticket, the gate's decision and its card: a changed row cannot make a requester disappear. */
function everybodyBehind({ body, card }: OpenedAsk, ticket: TicketBody): string[] {
  const behalf = card.onBehalfOf === null ? [] : [card.onBehalfOf];
  return [...new Set([...requestersOf(ticket), body.principal, card.requester, ...behalf])];
}
