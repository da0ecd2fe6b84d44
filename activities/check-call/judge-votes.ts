/**
 * Whose votes count now: by the credentials that stand, the roles and groups of now under every policy that judges, and
 * everybody behind the run. Signatures are verified before; what the votes come to is decided after.
 */
import type { VoteEvidence } from '../../core/approval.ts';
import type { ApprovalTerms, SignedVote } from '../../core/contracts/approval.ts';
import { saysYes } from '../../core/says-yes.ts';
import type { Risk } from '../../core/contracts/labels.ts';
import { requestersOf } from '../../core/contracts/ticket.ts';
import { whyNoVote, whyNotAfterEdits } from '../../core/credential.ts';
import { approvalsSuffice, type SeatedVote } from '../../core/quorum.ts';
import { showsSomething } from '../../core/shows-something.ts';
import { type CompiledPolicy, judgeVoter, mayBeRequesters, namesOf, peopleOf, personOf } from '../../policy/index.ts';
import { readMakers, readVotingKeys, type VotingKey } from '../../store/read-credentials.ts';
import { whyNoBreakGlass } from '../../store/read-reviews.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Standing } from './standing.ts';

export interface AskedOf {
  terms: ApprovalTerms;
  risk: Risk;
  askedAt: number;
  policies: readonly CompiledPolicy[];
  /** Besides everybody behind this run; absent: nobody. */
  alsoBehind?: readonly string[];
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
  const credentials = await readVotingKeys(dependencies);
  const makersOf = await readMakers(dependencies);
  const judgedVotes: JudgedVote[] = [];
  for (const [digest, vote] of votes) {
    const credential = credentials.get(vote.body.authenticated.credentialId);
    const makers = credential ? makersOf(credential) : new Set<string>();
    const judged = judgeOne(dependencies, standing, asked, { credential, makers }, vote);
    const refusal = judged.eligible ? await whyNotBroken(dependencies, standing, asked, vote) : undefined;
    const held = refusal === undefined ? judged : { eligible: false, refusal };
    judgedVotes.push({ vote, digest, valid: true, ...held });
  }
  return judgedVotes;
}

/** Of a break-glass: what its voter used of it before, and what of that was not reviewed in time. */
async function whyNotBroken(
  dependencies: CheckCallDependencies,
  { now }: Standing,
  { terms, policies }: AskedOf,
  { body }: SignedVote,
): Promise<string | undefined> {
  if (body.verdict !== 'break-glass' || !terms.breakGlass) return undefined;
  const { perDay } = terms.breakGlass;
  const names = namesOf(policies, body.principal);
  const breaker = { names, personOf: (name: string) => personOf(policies, name) };
  return await whyNoBreakGlass(dependencies, breaker, { nonce: body.nonce, now, perDay });
}

function judgeOne(
  { bounds }: CheckCallDependencies,
  { ticket, now }: Standing,
  asked: AskedOf,
  { credential, makers }: { credential: VotingKey | undefined; makers: ReadonlySet<string> },
  { body }: SignedVote,
): Pick<JudgedVote, 'eligible' | 'refusal' | 'person' | 'seats'> {
  const requesters = [...new Set([...requestersOf(ticket), ...(asked.alsoBehind ?? [])])];
  const madeBy = peopleOf(asked.policies, makers);
  const separate = mayBeRequesters(asked.terms, body.verdict) ? [] : requesters;
  const own = credential?.principal === body.principal ? credential : undefined;
  const refusal =
    whyNoVote(own, madeBy, peopleOf(asked.policies, separate), now, body.verdict) ??
    (saysYes(body.verdict) ? whyNotAfterEdits(madeBy, peopleOf(asked.policies, asked.coAuthors)) : undefined) ??
    (body.verdict === 'edit' && body.edits?.argumentsDigest === asked.argumentsDigest
      ? 'it changes nothing'
      : undefined);
  if (refusal !== undefined || !own) return { eligible: false, refusal };
  if (body.castAt > now + bounds.clockSkewMs) return { eligible: false, refusal: 'it is dated ahead of now' };
  const judged = judgeVoter(asked, asked.policies, requesters, voterOf(own), {
    verdict: body.verdict,
    castAt: body.castAt,
    channel: body.channel,
    hasReason: showsSomething(body.reason),
    isConfirmed: body.authenticated.stepUp !== undefined,
  });
  return judged.kind === 'may'
    ? { eligible: true, refusal: undefined, person: judged.person, seats: judged.seats }
    : { eligible: false, refusal: judged.reason };
}

export interface CouldAnswer {
  /** All of them. */
  names: string[];
  /** Of these, who makes up no quorum. */
  onlyByBreakGlass: string[];
}

/**
 * Who has a credential to vote with and could approve, or break the glass, at some time before the deadline, by name; undefined where
 * those who approve could not make up the quorum: found out when it is asked, because nobody need wait for what cannot come.
 */
export async function whoCouldApprove(
  dependencies: CheckCallDependencies,
  { ticket, now }: Standing,
  asked: AskedOf,
): Promise<CouldAnswer | undefined> {
  const { terms } = asked;
  const requesters = requestersOf(ticket);
  const behind = peopleOf(asked.policies, requesters);
  const coAuthors = peopleOf(asked.policies, asked.coAuthors);
  const people = new Map<string, SeatedVote>();
  const separate = terms.requesterMayApprove ? new Set<string>() : behind;
  const makersOf = await readMakers(dependencies);
  const names = new Set<string>();
  const alone = new Set<string>();
  for (const credential of (await readVotingKeys(dependencies)).values()) {
    if (!credential.scopes.includes('approvals:vote')) continue;
    const makers = peopleOf(asked.policies, makersOf(credential));
    if (whyNotAfterEdits(makers, coAuthors) !== undefined) continue;
    const refusal = whyNoVote(credential, makers, separate, now, 'approve');
    // Whoever may not approve for these may not break the glass either.
    if (refusal !== undefined) continue;
    const judged = judgeVoter(asked, asked.policies, requesters, voterOf(credential), {
      verdict: 'approve',
      castAt: now + terms.deadlineMs,
      // What is signed comes by webhook and by nothing else.
      channel: credential.kind === 'signing-key' ? 'webhook' : null,
      hasReason: true,
      isConfirmed: true,
    });
    if (judged.kind === 'may') {
      people.set(judged.person, { seats: judged.seats });
      names.add(credential.principal);
    } else if (couldBreakGlass(asked, { requesters, behind }, credential, makers, now)) alone.add(credential.principal);
  }
  if (!approvalsSuffice(terms, [...people.values()])) return undefined;
  const onlyByBreakGlass = [...alone].filter((name) => !names.has(name)).toSorted();
  return { names: [...names, ...onlyByBreakGlass].toSorted(), onlyByBreakGlass };
}

/** One who answers alone makes up no quorum, and could have answered all the same. Uses that are left are counted when it is done. */
function couldBreakGlass(
  asked: AskedOf,
  { requesters, behind }: { requesters: readonly string[]; behind: ReadonlySet<string> },
  credential: VotingKey,
  makers: ReadonlySet<string>,
  now: number,
): boolean {
  const { breakGlass, deadlineMs } = asked.terms;
  if (!breakGlass || credential.kind !== 'api-key') return false;
  if (whyNoVote(credential, makers, behind, now, 'break-glass') !== undefined) return false;
  const answer = { verdict: 'break-glass', channel: null, hasReason: true, isConfirmed: true } as const;
  const castAt = now + deadlineMs;
  return judgeVoter(asked, asked.policies, requesters, voterOf(credential), { ...answer, castAt }).kind === 'may';
}

function voterOf({ principal, roles }: VotingKey): { principal: string; claims: readonly string[] } {
  return { principal, claims: roles };
}
