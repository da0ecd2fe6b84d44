/**
 * Steps 7 and 8 of the gate: what became of its own signed ask. Votes are those stored and those handed over together: a
 * writer of the database could remove a denial, and a gateway could die before it signalled one.
 */
import type { CheckCallInput } from '../../core/contracts/activities.ts';
import type { SignedVote } from '../../core/contracts/approval.ts';
import { type AskBody, type SignedDecision, signedDecisionSchema } from '../../core/contracts/decision.ts';
import { decideApproval, seatsOf, type VoteStatus } from '../../core/approval.ts';
import { digestJson } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import { denialsSuffice } from '../../core/quorum.ts';
import { verifyVote } from '../verify-votes.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Judgement, ParsedCall } from './judge.ts';
import { type JudgedVote, judgeVotes } from './judge-votes.ts';
import type { Standing } from './standing.ts';
import { tightenedTerms } from './tightened-terms.ts';

export interface OwnAsk {
  signed: SignedDecision;
  body: AskBody;
  digest: string;
}

/** The ask this pass decides on; undefined when it is not ours, not for this call, or of another epoch: then it is void. */
export async function openOwnAsk(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
): Promise<OwnAsk | undefined> {
  const opened = openEnvelope(input.ask, {
    schema: signedDecisionSchema,
    audience: dependencies.audience,
    registry: dependencies.registry,
    now: standing.now,
  });
  if (opened.kind === 'rejected' || opened.signed.body.verdict !== 'ask') return undefined;
  const { body } = opened.signed;
  const digest = digestJson('decision', opened.signed);
  const row = await dependencies.store.getAsk(body.ask.nonce);
  const reusable = call.tool.definition.effect === 'idempotent' && body.ask.kind === 'call';
  const fits =
    row?.askDigest === digest &&
    // For one of the calls that it covered, something else was found to be so: the others ask anew.
    row.outcome !== 'superseded' &&
    body.ask.kind === input.about &&
    body.ask.callKeys.includes(standing.callKey) &&
    (body.try === input.try || (reusable && body.try < input.try)) &&
    body.tool.name === input.tool &&
    body.tool.definitionDigest === call.tool.definitionDigest &&
    body.argumentsDigest === call.argumentsDigest &&
    body.runEpoch === standing.run.runEpoch;
  return fits ? { signed: opened.signed, body, digest } : undefined;
}

export type VotesWeighed =
  | { kind: 'approved'; by: SignedVote; voteDigests: string[]; votes: SignedVote[]; executeByAt: number }
  /** `stop`: one of those who denied ended the run with it. */
  | { kind: 'denied'; by: SignedVote; stop: boolean }
  | { kind: 'edited'; by: SignedVote }
  | { kind: 'withdrawn'; by: SignedVote }
  /** Enough when people were asked, and not by what a policy asks since. */
  | { kind: 'tightened' }
  | { kind: 'expired' }
  | { kind: 'still-open'; notCounted: { digest: string; reason: string }[] };

export async function weighVotes(
  dependencies: CheckCallDependencies,
  standing: Standing,
  judgement: Judgement,
  ask: OwnAsk,
  handedOver: readonly unknown[],
): Promise<VotesWeighed> {
  const stored = await dependencies.store.votesByNonce(ask.body.ask.nonce);
  const votes = new Map<string, SignedVote>();
  for (const candidate of [...stored.map((row) => row.vote), ...handedOver]) {
    const verified = verifyVote(dependencies, candidate);
    if (verified.kind === 'valid') votes.set(verified.digest, verified.vote);
  }
  const { terms, askedAt } = ask.body.ask;
  const asked = {
    terms,
    askedAt,
    risk: ask.body.risk,
    policies: judgement.policies,
    coAuthors: ask.body.ask.coAuthors ?? [],
    argumentsDigest: ask.body.argumentsDigest,
  };
  const judged = await judgeVotes(dependencies, standing, asked, votes);
  const closed = standing.now > ask.body.ask.deadlineAt;
  const decided = decideApproval({ ask: ask.body.ask, askDigest: ask.digest, votes: judged, closed });
  const deciding = decided.decidedBy;
  if (decided.outcome === 'denied' && deciding) {
    return denied(
      judged.filter(({ digest }) => decided.countedDigests.includes(digest)),
      deciding,
    );
  }
  if (decided.outcome === 'approved' && deciding) {
    // Nothing was permitted yet: a person who says no before that is heard, also where an approval was cast earlier and a
    // gateway that died before it signalled it left the request open. It is a stored denial like any other (contracts.md §3).
    const denials = judged.filter(({ vote, digest }) => isDenialInTime(vote, decided.statusByDigest[digest], ask));
    const [denial] = denials;
    const seated = denials.map((one) => ({ seats: seatsOf(one, ask.body) }));
    if (denial && denialsSuffice(terms, seated)) return denied(denials, denial.vote);
    const tightened = tightenedTerms(judgement, ask);
    if (tightened) {
      const held = await judgeVotes(dependencies, standing, { ...asked, terms: tightened }, votes);
      const under = { ask: { ...ask.body.ask, terms: tightened }, askDigest: ask.digest, votes: held, closed };
      if (decideApproval(under).outcome !== 'approved') return { kind: 'tightened' };
    }
    const counted = decided.countedDigests;
    return {
      kind: 'approved',
      by: deciding,
      voteDigests: counted,
      votes: counted.flatMap((digest) => votes.get(digest) ?? []),
      executeByAt: deciding.body.castAt + ask.body.ask.executeWithinMs,
    };
  }
  if (decided.outcome === 'superseded' && deciding) return { kind: 'edited', by: deciding };
  // What was permitted by then and not yet reserved is not permitted any more.
  const withdrawn = judged.find(({ digest }) => decided.statusByDigest[digest] === 'withdrawn');
  const outcome = withdrawn ? (await dependencies.store.getAsk(ask.body.ask.nonce))?.outcome : undefined;
  // `withdrawn`: another of the calls that it covers has found it so.
  if (withdrawn && (outcome === 'approved' || outcome === 'withdrawn')) {
    return { kind: 'withdrawn', by: withdrawn.vote };
  }
  if (closed) return { kind: 'expired' };
  const notCounted = judged
    .filter((one) => decided.statusByDigest[one.digest] !== 'counted')
    .map((one) => ({ digest: one.digest, reason: one.refusal ?? decided.statusByDigest[one.digest] ?? 'unfitting' }));
  return { kind: 'still-open', notCounted };
}

function denied(denials: readonly JudgedVote[], by: SignedVote): VotesWeighed {
  return {
    kind: 'denied',
    by,
    stop: denials.some(({ vote: { body } }) => body.verdict === 'deny' && body.stop === true),
  };
}

/** Fitting, by somebody who may; late, if at all, only in that the quorum had been cast before. */
function isDenialInTime({ body }: SignedVote, status: VoteStatus | undefined, { body: { ask } }: OwnAsk): boolean {
  return body.verdict === 'deny' && (status === 'late' || status === 'counted') && body.castAt <= ask.deadlineAt;
}
