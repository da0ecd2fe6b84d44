/**
 * Whose votes count now: by the credentials that stand, the roles and groups of now under every policy that judges, and
 * everybody behind the run. Signatures are verified before; what the votes come to is decided after.
 */
import type { VoteEvidence } from '../../core/approval.ts';
import type { ApprovalTerms, SignedVote } from '../../core/contracts/approval.ts';
import type { Risk } from '../../core/contracts/labels.ts';
import { requestersOf } from '../../core/contracts/ticket.ts';
import { whyNoVote, whyNotAfterEdits } from '../../core/credential.ts';
import { approvalsSuffice, type SeatedVote } from '../../core/quorum.ts';
import { type CompiledPolicy, judgeVoter } from '../../policy/index.ts';
import { type Credential, readCredentials } from '../../store/read-credentials.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Standing } from './standing.ts';

export interface AskedOf {
  terms: ApprovalTerms;
  risk: Risk;
  askedAt: number;
  policies: readonly CompiledPolicy[];
  /** Whoever edited the call. */
  coAuthors: readonly string[];
  /** As asked; absent: of the question who could answer at all. */
  argumentsDigest?: string | null;
}

export interface JudgedVote extends VoteEvidence {
  /** Why it does not count; undefined where it may. */
  refusal: string | undefined;
}

/** @param votes by digest, signatures verified */
export async function judgeVotes(
  dependencies: CheckCallDependencies,
  standing: Standing,
  asked: AskedOf,
  votes: ReadonlyMap<string, SignedVote>,
): Promise<JudgedVote[]> {
  const credentials = await readCredentials(dependencies);
  return [...votes].map(([digest, vote]) => {
    const judged = judgeOne(dependencies, standing, asked, credentials.get(vote.body.authenticated.credentialId), vote);
    return { vote, digest, valid: true, ...judged };
  });
}

function judgeOne(
  { bounds }: CheckCallDependencies,
  { ticket, now }: Standing,
  asked: AskedOf,
  credential: Credential | undefined,
  { body }: SignedVote,
): Pick<JudgedVote, 'eligible' | 'refusal' | 'person' | 'seats'> {
  const requesters = requestersOf(ticket);
  const own = credential?.principal === body.principal ? credential : undefined;
  const refusal =
    whyNoVote(own, asked.terms.requesterMayApprove ? [] : requesters, now) ??
    (body.verdict === 'approve' ? whyNotAfterEdits(own, asked.coAuthors) : undefined) ??
    (body.verdict === 'edit' && body.edits?.argumentsDigest === asked.argumentsDigest
      ? 'it changes nothing'
      : undefined);
  if (refusal !== undefined || !own) return { eligible: false, refusal };
  if (body.castAt > now + bounds.clockSkewMs) return { eligible: false, refusal: 'it is dated ahead of now' };
  const judged = judgeVoter(asked, asked.policies, requesters, voterOf(own), {
    verdict: body.verdict,
    castAt: body.castAt,
    channel: body.channel,
    hasReason: (body.reason ?? '').trim() !== '',
    isConfirmed: body.authenticated.stepUp !== undefined,
  });
  return judged.kind === 'may'
    ? { eligible: true, refusal: undefined, person: judged.person, seats: judged.seats }
    : { eligible: false, refusal: judged.reason };
}

/**
 * Whether the people who have a credential to vote with could make up the quorum at some time before the deadline: found out
 * when it is asked, because nobody need wait for what cannot come.
 */
export async function couldBeApproved(
  dependencies: CheckCallDependencies,
  { ticket, now }: Standing,
  asked: AskedOf,
): Promise<boolean> {
  const { terms } = asked;
  const requesters = requestersOf(ticket);
  const people = new Map<string, SeatedVote>();
  for (const credential of (await readCredentials(dependencies)).values()) {
    if (!credential.scopes.includes('approvals:vote')) continue;
    if (whyNoVote(credential, terms.requesterMayApprove ? [] : requesters, now) !== undefined) continue;
    if (whyNotAfterEdits(credential, asked.coAuthors) !== undefined) continue;
    const judged = judgeVoter(asked, asked.policies, requesters, voterOf(credential), {
      verdict: 'approve',
      castAt: now + terms.deadlineMs,
      channel: null,
      hasReason: true,
      isConfirmed: true,
    });
    if (judged.kind === 'may') people.set(judged.person, { seats: judged.seats });
  }
  return approvalsSuffice(terms, [...people.values()]);
}

function voterOf({ principal, roles }: Credential): { principal: string; claims: readonly string[] } {
  return { principal, claims: roles };
}
