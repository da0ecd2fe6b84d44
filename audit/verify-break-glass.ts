/**
 * Permits by break-glass: one person's vote of its own kind, by the role that the signed terms name, with a reason and a fresh
 * confirmation, and a review that was opened with the permit. It says who signed the review so far; that it is still open is
 * told and is no fault of the record.
 */
import { decideApproval } from '../core/approval.ts';
import { signedControlSchema } from '../core/contracts/control.ts';
import type { GlassBroken, PermitBody } from '../core/contracts/decision.ts';
import { requestersOf } from '../core/contracts/ticket.ts';
import { digestJson } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import { decideReview, type ReviewSignature } from '../core/review.ts';
import type { ReviewRow } from '../store/store.ts';
import type { OpenedDecision, OpenedRecord, OpeningOptions } from './open-record.ts';
import { asksOf, type OpenedAsk } from './verify-decisions.ts';
import { evidenceOf, storedVotes } from './verify-votes-record.ts';

/** What became of the review of one break-glass. */
export interface ReviewReport {
  nonce: string;
  approvalId: string;
  /** Whoever broke the glass. */
  by: string;
  role: string;
  dueAt: number;
  /** `unknown`: no store was given, which holds the signatures. */
  state: 'open' | 'signed' | 'unknown';
  signatures: { principal: string; finding: ReviewSignature['finding']; reason: string; signedAt: number }[];
}

/** @returns one for each request that was answered alone, in the order of the permits */
export async function verifyBreakGlass(opened: OpenedRecord, options: OpeningOptions): Promise<ReviewReport[]> {
  const asks = new Map(asksOf(opened).map((ask) => [ask.body.ask.nonce, ask]));
  const reports = new Map<string, ReviewReport>();
  for (const decision of opened.decisions) {
    const { body } = decision;
    if (body.verdict !== 'allow' || !body.approval) continue;
    const ask = asks.get(body.approval.nonce);
    await verifyVote(opened, options, decision, body, ask);
    const { breakGlass, nonce } = body.approval;
    if (!breakGlass || reports.has(nonce)) continue;
    reports.set(nonce, await verifyReview(opened, options, decision, { approval: body.approval, breakGlass }));
  }
  return [...reports.values()];
}

/** A permit says that the glass was broken where the vote that decided it is such a vote, and nowhere else. */
async function verifyVote(
  opened: OpenedRecord,
  options: OpeningOptions,
  { entry }: OpenedDecision,
  { approval }: PermitBody,
  found: OpenedAsk | undefined,
): Promise<void> {
  if (!approval) return;
  const { checks } = options;
  const { breakGlass, nonce, voteDigests } = approval;
  const stored = await storedVotes(options, nonce);
  const votes = voteDigests.flatMap((digest) => opened.votes.get(digest)?.vote ?? stored.get(digest) ?? []);
  const broken = votes.find(({ body }) => body.verdict === 'break-glass');
  if (!breakGlass && !broken) return;
  const expect = (holds: boolean, reason: string): boolean => checks.expect('break-glass', holds, entry, reason);
  expect(breakGlass !== undefined, 'a permit rests on a break-glass and does not say so, so that nobody reviews it');
  if (!breakGlass) return;
  if (!found) return checks.skip('break-glass', entry, 'the request that was answered alone is not in the record');
  if (!broken) {
    if (options.store) expect(false, 'the vote that broke the glass is nowhere');
    else
      checks.skip('break-glass', entry, 'the vote that broke the glass is not in the record, and no store was given');
    return;
  }
  const { ask } = found.body;
  const { terms } = ask;
  const isNamed = terms.breakGlass?.role === breakGlass.role && broken.body.roles.includes(breakGlass.role);
  expect(isNamed, 'whoever broke the glass did not hold the role that its terms name');
  const isTheirs = broken.body.principal === breakGlass.by && digestJson('vote', broken) === breakGlass.voteDigest;
  expect(isTheirs, 'the permit names another vote than the one that broke the glass');
  const isDue = breakGlass.reviewDueAt === broken.body.castAt + (terms.breakGlass?.reviewWithinMs ?? 0);
  expect(isDue, 'its review is due at another time than its terms say');
  const behind = opened.ticket ? requestersOf(opened.ticket.body) : [];
  expect(!behind.includes(broken.body.principal), 'the glass was broken by somebody behind the run');
  const decided = decideApproval({
    ask,
    askDigest: found.decision.digest,
    closed: true,
    votes: votes.map((vote) => evidenceOf(vote, true)),
  });
  const decidedBy = decided.decidedBy && digestJson('vote', decided.decidedBy);
  expect(
    decidedBy === breakGlass.voteDigest,
    'what it says of a reason, a confirmation, a time or its terms is not so',
  );
}

async function verifyReview(
  { ticket }: OpenedRecord,
  options: OpeningOptions,
  { entry, digest, signed, body }: OpenedDecision,
  { approval, breakGlass }: { approval: NonNullable<PermitBody['approval']>; breakGlass: GlassBroken },
): Promise<ReviewReport> {
  const { checks, store } = options;
  const { nonce, approvalId } = approval;
  const { by, role, voteDigest, reviewDueAt: dueAt } = breakGlass;
  const report = { nonce, approvalId, by, role, dueAt };
  if (!store) {
    checks.skip('break-glass', entry, 'the review and its signatures are in the store, and none was given');
    return { ...report, state: 'unknown', signatures: [] };
  }
  // A file has no rows; that there is a review stands in the signed permit.
  if (store.getReview) {
    const row = await store.getReview(nonce);
    const opens = (one: ReviewRow): boolean =>
      one.workflowId === body.workflowId &&
      one.principal === by &&
      one.voteDigest === voteDigest &&
      one.dueAt === dueAt &&
      // A call of the same request may have been permitted before, in a link that this record does not reach.
      (one.permitDigest !== digest || one.openedAt === signed.issuedAt);
    checks.expect('break-glass', row !== null, entry, 'no review of it was opened');
    checks.expect('break-glass', row === null || opens(row), entry, 'its review says something else than the permit');
  }
  const review = { nonce, principal: by, voteDigest, openedAt: signed.issuedAt, dueAt };
  const others = ticket ? requestersOf(ticket.body) : [];
  const { state, signatures } = decideReview(review, await signaturesOf(options, nonce), { others });
  return {
    ...report,
    state,
    signatures: signatures.map(({ principal, finding, reason, signedAt }) => ({
      principal,
      finding,
      reason,
      signedAt,
    })),
  };
}

/** Those that verify. One that does not is a finding: somebody wanted the review to look signed, or hid a word. */
async function signaturesOf(
  { checks, store, registry, audience }: OpeningOptions,
  nonce: string,
): Promise<ReviewSignature[]> {
  const rows = (await store?.listControl(['review-signature'])) ?? [];
  return rows.flatMap((row) => {
    if (row.body.kind !== 'review-signature' || row.body.nonce !== nonce) return [];
    const opened = openEnvelope(row, { schema: signedControlSchema, audience, registry, now: null });
    const body = opened.kind === 'opened' ? opened.signed.body : undefined;
    checks.expect('break-glass', body !== undefined, null, 'a signature of its review is not the gateway’s');
    return body?.kind === 'review-signature' ? [body] : [];
  });
}
