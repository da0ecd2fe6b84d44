/**
 * What an approval request comes to, as a pure fold over its votes: it starts as `expired` and only enough fitting votes,
 * cast in time by distinct principals, change that. Signed `castAt` decides, never the order of arrival, so a
 * workflow, a gate and a verifier that hold the same votes reach the same outcome. It verifies no signature and knows no
 * roles: the caller says which votes are valid and whose voters are eligible.
 */
import type { SignedVote } from './contracts/approval.ts';
import type { Ask, SignedDecision } from './contracts/decision.ts';
import { digestJson } from './digest.ts';

/** A vote may carry a time this much before the ask's, ms: the bound between two machines' clocks. */
export const voteClockBoundMs = 10_000;

export interface VoteEvidence {
  vote: SignedVote;
  /** `digestJson('vote', vote)` */
  digest: string;
  /** Its signature and envelope verified. */
  valid: boolean;
  /** The principal may vote on this ask, by its terms and by separation of duties. */
  eligible: boolean;
}

export interface ApprovalInput {
  ask: Ask;
  /** `askDigestOf` the signed decision that holds the ask. */
  askDigest: string;
  votes: readonly VoteEvidence[];
  /** Deadline and grace have passed, as the caller sees it. */
  closed: boolean;
}

/**
 * `late`: cast after the deadline, or after the request was decided. `duplicate`: the principal had voted before.
 * `unfitting`: for another ask, card or terms, or cast before the ask.
 */
export type VoteStatus = 'counted' | 'late' | 'duplicate' | 'ineligible' | 'unfitting' | 'invalid';

export interface ApprovalDecision {
  /** Null: still open. */
  outcome: 'approved' | 'denied' | 'expired' | null;
  /** The approval that reached the quorum, or the denial. */
  decidedBy: SignedVote | null;
  /** In the order in which they count. */
  countedDigests: string[];
  statusByDigest: Record<string, VoteStatus>;
}

/** The digest by which votes, permits and rows refer to an ask. */
export function askDigestOf(signedAsk: SignedDecision): string {
  return digestJson('decision', signedAsk);
}

export function decideApproval(input: ApprovalInput): ApprovalDecision {
  const state: FoldState = { decision: null, voters: new Set(), approvals: 0, counted: [], statusByDigest: {} };
  for (const evidence of inCastOrder(input.votes)) {
    state.statusByDigest[evidence.digest] = evolve(state, evidence, input);
  }
  return {
    outcome: state.decision?.outcome ?? (input.closed ? 'expired' : null),
    decidedBy: state.decision?.by ?? null,
    countedDigests: state.counted,
    statusByDigest: state.statusByDigest,
  };
}

interface FoldState {
  decision: { outcome: 'approved' | 'denied'; by: SignedVote } | null;
  voters: Set<string>;
  approvals: number;
  counted: string[];
  statusByDigest: Record<string, VoteStatus>;
}

function evolve(state: FoldState, evidence: VoteEvidence, input: ApprovalInput): VoteStatus {
  const uncounted = uncountedStatus(evidence, input);
  if (uncounted) return uncounted;
  const { body } = evidence.vote;
  if (state.voters.has(body.principal)) return 'duplicate';
  if (state.decision) return 'late';
  state.voters.add(body.principal);
  state.counted.push(evidence.digest);
  if (body.verdict === 'deny') state.decision = { outcome: 'denied', by: evidence.vote };
  else if (++state.approvals >= input.ask.terms.quorum) state.decision = { outcome: 'approved', by: evidence.vote };
  return 'counted';
}

function uncountedStatus(
  { vote, valid, eligible }: VoteEvidence,
  { ask, askDigest }: ApprovalInput,
): VoteStatus | undefined {
  const { body } = vote;
  if (!valid) return 'invalid';
  const fits =
    body.nonce === ask.nonce &&
    body.askDigest === askDigest &&
    body.cardDigest === ask.cardDigest &&
    body.termsDigest === ask.termsDigest &&
    ask.callKeys.includes(body.callKey) &&
    body.castAt >= ask.askedAt - voteClockBoundMs;
  if (!fits) return 'unfitting';
  if (!eligible) return 'ineligible';
  return body.castAt > ask.deadlineAt ? 'late' : undefined;
}

/**
 * Each digest once; where its copies differ, the worse judgement stands. A denial comes before approvals of the same
 * millisecond: an approval stands only when it was cast before.
 */
function inCastOrder(votes: readonly VoteEvidence[]): VoteEvidence[] {
  const byDigest = new Map<string, VoteEvidence>();
  for (const evidence of votes) {
    const known = byDigest.get(evidence.digest) ?? evidence;
    byDigest.set(evidence.digest, {
      ...evidence,
      valid: known.valid && evidence.valid,
      eligible: known.eligible && evidence.eligible,
    });
  }
  return [...byDigest.values()].sort(
    (a, b) =>
      a.vote.body.castAt - b.vote.body.castAt ||
      Number(a.vote.body.verdict === 'approve') - Number(b.vote.body.verdict === 'approve') ||
      (a.digest < b.digest ? -1 : 1),
  );
}
