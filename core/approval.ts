/**
 * What an approval request comes to, as a pure fold over its votes: it starts as `expired` and only enough fitting votes,
 * cast in time by distinct people and not withdrawn, change that. Signed `castAt` decides, never the order of arrival, so a
 * workflow, a gate and a verifier that hold the same votes reach the same outcome. It verifies no signature and knows no
 * roles: the caller says which votes are valid and whose voters are eligible.
 */
import { isNamedBy } from './approver-set.ts';
import type { SignedVote, VoteVerdict } from './contracts/approval.ts';
import type { Ask, SignedDecision } from './contracts/decision.ts';
import { digestJson } from './digest.ts';
import { approvalsSuffice, denialsSuffice, type SeatedVote } from './quorum.ts';
import { saysYes } from './says-yes.ts';
import { showsSomething } from './shows-something.ts';

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
  /** Who this is, where one person has several names. @default the principal */
  person?: string;
  /** Thresholds of the terms, by index, for whose seats the voter is one. @default what the vote's signed roles and groups say */
  seats?: readonly number[];
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
 * `late`: cast after the deadline, or after the request was decided. `duplicate`: the person had voted before.
 * `unfitting`: for another ask, card or terms, or cast before the ask. `withdrawn`: its voter took it back. `overruled`: a
 * break-glass where somebody with the right to answer denied, before or after it.
 */
export type VoteStatus =
  | 'counted'
  | 'late'
  | 'duplicate'
  | 'ineligible'
  | 'unfitting'
  | 'invalid'
  | 'withdrawn'
  | 'overruled';

export interface ApprovalDecision {
  /** Null: still open. `superseded`: somebody edited the call. */
  outcome: 'approved' | 'denied' | 'expired' | 'superseded' | null;
  /** The approval that reached the quorum, the break-glass, the denial, or the edit. */
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
  const state: FoldState = {
    decision: null,
    voters: new Set(),
    approvals: [],
    denials: [],
    isDenied: false,
    counted: [],
    statusByDigest: {},
  };
  const votes = inCastOrder(input.votes);
  const withdrawals = withdrawalsIn(votes, input);
  state.isDenied = votes.some((one) => one.vote.body.verdict === 'deny' && !uncountedStatus(one, input));
  for (const evidence of votes) {
    state.statusByDigest[evidence.digest] = evolve(state, evidence, input, withdrawals);
  }
  return {
    outcome: state.decision?.outcome ?? (input.closed ? 'expired' : null),
    decidedBy: state.decision?.by ?? null,
    countedDigests: state.counted,
    statusByDigest: state.statusByDigest,
  };
}

interface FoldState {
  decision: { outcome: 'approved' | 'denied' | 'superseded'; by: SignedVote } | null;
  voters: Set<string>;
  approvals: SeatedVote[];
  denials: SeatedVote[];
  /** By anybody, at any time before the deadline, also where one denial is too few to deny. */
  isDenied: boolean;
  counted: string[];
  statusByDigest: Record<string, VoteStatus>;
}

function evolve(
  state: FoldState,
  evidence: VoteEvidence,
  input: ApprovalInput,
  withdrawals: ReadonlyMap<string, SignedVote>,
): VoteStatus {
  const { body } = evidence.vote;
  const { terms } = input.ask;
  if (body.verdict === 'withdraw') return evidence.valid ? withdrawalStatus(evidence.vote, input) : 'invalid';
  const uncounted = uncountedStatus(evidence, input);
  if (uncounted) return uncounted;
  // A denial stands: only a yes can be taken back.
  if (saysYes(body.verdict) && withdrawals.get(evidence.digest)?.body.principal === body.principal) return 'withdrawn';
  const person = evidence.person ?? body.principal;
  if (state.voters.has(person)) return 'duplicate';
  if (state.decision) return 'late';
  // It stands in for people who do not answer, never against one who said no.
  if (body.verdict === 'break-glass' && state.isDenied) return 'overruled';
  state.voters.add(person);
  state.counted.push(evidence.digest);
  if (body.verdict === 'edit') {
    state.decision = { outcome: 'superseded', by: evidence.vote };
    return 'counted';
  }
  if (body.verdict === 'break-glass') {
    state.decision = { outcome: 'approved', by: evidence.vote };
    return 'counted';
  }
  const seated = { seats: seatsOf(evidence, input) };
  if (body.verdict === 'deny') {
    state.denials.push(seated);
    if (denialsSuffice(terms, state.denials)) state.decision = { outcome: 'denied', by: evidence.vote };
  } else {
    state.approvals.push(seated);
    if (approvalsSuffice(terms, state.approvals)) state.decision = { outcome: 'approved', by: evidence.vote };
  }
  return 'counted';
}

/** By the digest of the vote that is taken back. Whoever may no longer vote may still take back what they said. */
function withdrawalsIn(votes: readonly VoteEvidence[], input: ApprovalInput): Map<string, SignedVote> {
  const withdrawals = new Map<string, SignedVote>();
  for (const { vote, valid } of votes) {
    const { verdict, withdraws } = vote.body;
    if (verdict !== 'withdraw' || !valid || withdraws === undefined) continue;
    if (withdrawalStatus(vote, input) === 'counted') withdrawals.set(withdraws, vote);
  }
  return withdrawals;
}

function withdrawalStatus(vote: SignedVote, input: ApprovalInput): VoteStatus {
  return vote.body.withdraws !== undefined && isFor(vote, input) ? 'counted' : 'unfitting';
}

/** Of the voter, by index of threshold. */
export function seatsOf(
  { seats, vote: { body } }: Pick<VoteEvidence, 'seats' | 'vote'>,
  { ask }: Pick<ApprovalInput, 'ask'>,
) {
  if (seats) return seats;
  const thresholds = ask.terms.thresholds ?? [];
  return thresholds.flatMap(({ from }, index) => (isNamedBy(from, body) ? [index] : []));
}

function uncountedStatus({ vote, valid, eligible }: VoteEvidence, input: ApprovalInput): VoteStatus | undefined {
  if (!valid) return 'invalid';
  if (!isFor(vote, input) || !isPossible(vote, input)) return 'unfitting';
  if (!eligible) return 'ineligible';
  return vote.body.castAt > input.ask.deadlineAt ? 'late' : undefined;
}

/** An edit of what its signed ask offers to edit; and who edited a call does not approve it, whatever else they may. */
function isPossible({ body }: SignedVote, { ask }: ApprovalInput): boolean {
  if (body.verdict === 'edit') return ask.editable !== undefined && body.edits !== undefined;
  if (body.verdict === 'break-glass' && !breaksGlass(body, ask)) return false;
  return !saysYes(body.verdict) || ask.coAuthors?.includes(body.principal) !== true;
}

/** By the role that the signed terms name, with a reason, confirmed afresh, and for this call alone. */
function breaksGlass({ roles, reason, authenticated, grantDigest }: SignedVote['body'], { kind, terms }: Ask): boolean {
  return (
    kind === 'call' &&
    terms.breakGlass !== undefined &&
    roles.includes(terms.breakGlass.role) &&
    showsSomething(reason) &&
    authenticated.stepUp !== undefined &&
    grantDigest === undefined
  );
}

function isFor({ body }: SignedVote, { ask, askDigest }: ApprovalInput): boolean {
  return (
    body.nonce === ask.nonce &&
    body.askDigest === askDigest &&
    body.cardDigest === ask.cardDigest &&
    body.termsDigest === ask.termsDigest &&
    ask.callKeys.includes(body.callKey) &&
    body.castAt >= ask.askedAt - voteClockBoundMs
  );
}

/**
 * Each digest once; where its copies differ, the worse judgement stands. Within the same millisecond what stops comes first: a
 * denial, then an edit, then approvals, which stand only when they were cast before, and break-glass where these were too few.
 */
function inCastOrder(votes: readonly VoteEvidence[]): VoteEvidence[] {
  const byDigest = new Map<string, VoteEvidence>();
  for (const evidence of votes) {
    const known = byDigest.get(evidence.digest) ?? evidence;
    byDigest.set(evidence.digest, {
      ...evidence,
      valid: known.valid && evidence.valid,
      eligible: known.eligible && evidence.eligible,
      ...fewerSeats(known, evidence),
    });
  }
  return [...byDigest.values()].sort(
    (a, b) =>
      a.vote.body.castAt - b.vote.body.castAt ||
      rankOf[a.vote.body.verdict] - rankOf[b.vote.body.verdict] ||
      (a.digest < b.digest ? -1 : 1),
  );
}

const rankOf: Readonly<Record<VoteVerdict, number>> = { deny: 0, withdraw: 0, edit: 1, approve: 2, 'break-glass': 3 };

function fewerSeats(one: VoteEvidence, other: VoteEvidence): Pick<VoteEvidence, 'seats'> {
  if (!one.seats || !other.seats) return {};
  return { seats: one.seats.filter((seat) => other.seats?.includes(seat)) };
}
