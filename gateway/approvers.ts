/**
 * Whether somebody may answer a request, judged before anything is signed. The gate judges again; here a refusal costs
 * nothing and says why. Requesters do not answer their own requests, nor does a key that somebody else made.
 */
import type { VoteBody } from '../core/contracts/approval.ts';
import { requestersOf, type TicketBody } from '../core/contracts/ticket.ts';
import { whyNotAfterEdits, whyNoVote } from '../core/credential.ts';
import { saysYes } from '../core/says-yes.ts';
import { showsSomething } from '../core/shows-something.ts';
import {
  type CastVote,
  type CompiledPolicy,
  judgeVoter,
  mayBeRequesters,
  namesOf,
  peopleOf,
  personOf,
} from '../policy/index.ts';
import { readMakers } from '../store/read-credentials.ts';
import { whyNoBreakGlass } from '../store/read-reviews.ts';
import { activationOf } from './active-pack.ts';
import { standingVotingKeys, type VotingKey } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import { oncePer } from './once-per.ts';
import { storedPolicy } from './stored-policies.ts';
import type { OpenedAsk } from './verified.ts';

export type MayAnswer =
  /** `person`: one for all names of somebody. */
  { kind: 'may'; roles: string[]; groups: string[]; person: string } | { kind: 'may-not'; reason: string };

/** Of the answer that is to be given; absent: whatever is needed, for the question who may answer at all. */
export type Answer = Omit<CastVote, 'castAt'>;

const anyAnswer: Answer = { verdict: 'approve', channel: null, hasReason: true, isConfirmed: true };

export interface ApproverCheck {
  mayAnswer(ask: OpenedAsk, ticket: TicketBody, caller: VotingKey, answer?: Answer): Promise<MayAnswer>;
  /** Whether a vote that was cast counts by now, for people to read: by its own time, and its voter's rights as they are. */
  judgeVote(ask: OpenedAsk, ticket: TicketBody, vote: VoteBody): Promise<MayAnswer>;
  /** For a list that is put together now: keys and activations are read once for all of it. */
  atOnce(): Omit<ApproverCheck, 'atOnce'>;
  /**
   * Whether somebody may sign the review of a break-glass: who could have answered the request at some time before its deadline,
   * and is neither its breaker nor behind the run, whatever the terms say of requesters.
   */
  mayReview(ask: OpenedAsk, ticket: TicketBody, caller: VotingKey, breaker: string): Promise<MayAnswer>;
  /** Everybody behind the run, and which names are one person, as the policies say that judge its approvers. */
  peopleOf(ask: OpenedAsk, ticket: TicketBody): Promise<{ others: string[]; personOf: (name: string) => string }>;
}

type Context = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

interface Reads {
  keys: () => Promise<ReadonlyMap<string, VotingKey>>;
  makersOf: (key: VotingKey) => Promise<ReadonlySet<string>>;
  activationOf: (agent: string) => ReturnType<typeof activationOf>;
}

export function createApproverCheck(gateway: Context): ApproverCheck {
  const read = async () =>
    await readMakers({ store: gateway.store, registry: gateway.keys.registry, audience: gateway.audience });
  const reads: Reads = {
    keys: async () => await standingVotingKeys(gateway),
    makersOf: async (key) => (await read())(key),
    activationOf: async (agent) => await activationOf(gateway, agent),
  };
  return {
    ...checkBy(gateway, reads),
    atOnce() {
      const makers = oncePer(read);
      const keys = oncePer(reads.keys);
      return checkBy(gateway, {
        keys: async () => await keys(''),
        makersOf: async (key) => (await makers(''))(key),
        activationOf: oncePer(reads.activationOf),
      });
    },
  };
}

function checkBy(gateway: Context, reads: Reads): Omit<ApproverCheck, 'atOnce'> {
  const judge = async (ask: OpenedAsk, ticket: TicketBody, caller: VotingKey, answer: CastVote): Promise<MayAnswer> => {
    const { terms, askedAt, coAuthors = [] } = ask.body.ask;
    const policies = await policiesOf(gateway, reads, ask, ticket);
    if (!policies) return noPolicy;
    const requesters = everybodyBehind(ask, ticket);
    const now = gateway.clock.now();
    const makers = peopleOf(policies, await reads.makersOf(caller));
    const separate = peopleOf(policies, mayBeRequesters(terms, answer.verdict) ? [] : requesters);
    const reason =
      whyNoVote(caller, makers, separate, now, answer.verdict) ??
      (saysYes(answer.verdict) ? whyNotAfterEdits(makers, peopleOf(policies, coAuthors)) : undefined);
    if (reason !== undefined) return { kind: 'may-not', reason };
    const voter = { principal: caller.principal, claims: caller.roles };
    const asked = { terms, risk: ask.body.risk, askedAt, coAuthors };
    const judged = judgeVoter(asked, policies, requesters, voter, answer);
    if (judged.kind === 'may-not') return judged;
    if (answer.verdict === 'break-glass' && terms.breakGlass) {
      const reader = { store: gateway.store, registry: gateway.keys.registry, audience: gateway.audience };
      const use = { nonce: ask.row.nonce, now, perDay: terms.breakGlass.perDay };
      const names = namesOf(policies, caller.principal);
      const breaker = { names, personOf: (name: string) => personOf(policies, name) };
      const refusal = await whyNoBreakGlass(reader, breaker, use);
      if (refusal !== undefined) return { kind: 'may-not', reason: refusal };
    }
    return { kind: 'may', roles: judged.roles, groups: judged.groups, person: judged.person };
  };
  return {
    mayAnswer: async (ask, ticket, caller, answer = anyAnswer) =>
      await judge(ask, ticket, caller, { ...answer, castAt: gateway.clock.now() }),

    async judgeVote(ask, ticket, { principal, authenticated, verdict, castAt, channel, reason }) {
      const key = (await reads.keys()).get(authenticated.credentialId);
      if (key?.principal !== principal) return { kind: 'may-not', reason: 'its key was revoked, or has expired' };
      const isConfirmed = authenticated.stepUp !== undefined;
      return await judge(ask, ticket, key, {
        verdict,
        castAt,
        channel,
        hasReason: showsSomething(reason),
        isConfirmed,
      });
    },

    async mayReview(ask, ticket, caller, breaker) {
      const { terms, askedAt, deadlineAt, coAuthors = [] } = ask.body.ask;
      const policies = await policiesOf(gateway, reads, ask, ticket);
      if (!policies) return noPolicy;
      const others = [...everybodyBehind(ask, ticket), breaker];
      const makers = peopleOf(policies, await reads.makersOf(caller));
      const reason = whyNoVote(caller, makers, peopleOf(policies, others), gateway.clock.now(), 'approve');
      if (reason !== undefined) return { kind: 'may-not', reason };
      // Said as it is: to whoever broke the glass, 'the requester may not' would name somebody else.
      if (personOf(policies, caller.principal) === personOf(policies, breaker)) {
        return { kind: 'may-not', reason: 'whoever broke the glass does not review it' };
      }
      const asked = { terms: { ...terms, requesterMayApprove: false }, risk: ask.body.risk, askedAt, coAuthors };
      const voter = { principal: caller.principal, claims: caller.roles };
      // By the deadline whoever is asked later may answer as well.
      const judged = judgeVoter(asked, policies, others, voter, { ...anyAnswer, castAt: deadlineAt });
      const { kind } = judged;
      return kind === 'may' ? { kind, roles: judged.roles, groups: judged.groups, person: judged.person } : judged;
    },

    async peopleOf(ask, ticket) {
      const policies = (await policiesOf(gateway, reads, ask, ticket)) ?? [];
      return { others: everybodyBehind(ask, ticket), personOf: (name) => personOf(policies, name) };
    },
  };
}

const noPolicy: MayAnswer = { kind: 'may-not', reason: 'a policy of the run is not in the store' };

/** By whose roles approvers are judged; undefined where one of them is not there. */
async function policiesOf(
  gateway: Pick<GatewayContext, 'store'>,
  reads: Pick<Reads, 'activationOf'>,
  { body }: OpenedAsk,
  { agent }: TicketBody,
): Promise<CompiledPolicy[] | undefined> {
  const active = await reads.activationOf(agent);
  // Where layers above ask, the gate's ask says by whose roles; it judges again, by what is in force then.
  const usual = [body.policyDigest, body.activePolicyDigest, active?.policyDigest];
  const policies: CompiledPolicy[] = [];
  for (const digest of new Set<string | undefined>(body.approverPolicies ?? usual)) {
    if (digest === undefined) continue;
    const policy = await storedPolicy(gateway, digest);
    if (!policy) return undefined;
    policies.push(policy);
  }
  return policies;
}

/** From the ticket, the gate's decision and its card: a changed row cannot make a requester disappear. */
function everybodyBehind({ body, card }: OpenedAsk, ticket: TicketBody): string[] {
  const behalf = card.onBehalfOf === null ? [] : [card.onBehalfOf];
  return [...new Set([...requestersOf(ticket), body.principal, card.requester, ...behalf])];
}
