/**
 * Reviews of break-glass as people see them: from the signed ask, the signed vote that broke the glass, and the signatures that
 * verify. A row only says where to look; one whose record does not verify is logged and, asked for by its nonce, refused.
 */
import type { ReviewList, ReviewView } from '../../client/review-schemas.ts';
import { renderCardText } from '../../core/card/render-text.ts';
import { type SignedVote, signedVoteSchema } from '../../core/contracts/approval.ts';
import type { TicketBody } from '../../core/contracts/ticket.ts';
import type { ErrorCode } from '../../core/contracts/errors.ts';
import { digestJson } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import { CountersignError } from '../../core/errors.ts';
import { howAuthenticated } from '../../core/how-authenticated.ts';
import { decideReview, reviewersNeeded } from '../../core/review.ts';
import { type KnownReview, readReviews } from '../../store/read-reviews.ts';
import { findAsk } from '../answerable.ts';
import type { ApproverCheck } from '../approvers.ts';
import type { VotingKey } from '../credentials.ts';
import type { GatewayContext } from '../options.ts';
import type { OpenedAsk } from '../verified.ts';

export interface OpenedReview {
  known: KnownReview;
  ask: OpenedAsk;
  ticket: TicketBody;
  /** That broke the glass. */
  vote: SignedVote;
  dueAt: number;
  decided: ReturnType<typeof decideReview>;
  /** Who a name belongs to: one person may have several. */
  personOf: (name: string) => string;
}

/** Newest first. */
export async function listReviews(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: VotingKey,
  { state, limit }: { state: 'open' | 'all'; limit: number },
): Promise<ReviewList> {
  const opened = await openReviews(gateway, approvers);
  const open = opened.filter(({ decided }) => decided.state === 'open');
  const shown = (state === 'open' ? open : opened).slice(0, limit);
  const reviews: ReviewView[] = [];
  for (const review of shown) reviews.push(await viewOf(gateway, approvers, caller, review));
  return { reviews, open: open.length };
}

/** One of these must not keep the others from being listed. */
const tampered: ReadonlySet<ErrorCode> = new Set(['signature-invalid', 'record-invalid']);

/** All that verify. */
export async function openReviews(gateway: GatewayContext, approvers: ApproverCheck): Promise<OpenedReview[]> {
  const opened: OpenedReview[] = [];
  for (const known of await allReviews(gateway)) {
    const review = await openReview(gateway, approvers, known).catch((error: unknown) => {
      if (!(error instanceof CountersignError) || !tampered.has(error.code)) throw error;
      gateway.logger.error({ nonce: known.nonce, code: error.code }, 'a review was changed and is not listed');
    });
    if (review) opened.push(review);
  }
  return opened;
}

/** @throws {CountersignError} `not-found`; `signature-invalid` where its record does not verify */
export async function showReview(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: VotingKey,
  nonce: string,
): Promise<ReviewView> {
  return await viewOf(gateway, approvers, caller, await findReview(gateway, approvers, nonce));
}

/** @throws {CountersignError} `not-found`, `signature-invalid` */
export async function findReview(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  nonce: string,
): Promise<OpenedReview> {
  const known = (await allReviews(gateway)).find((one) => one.nonce === nonce);
  if (known) return await openReview(gateway, approvers, known);
  throw new CountersignError(
    'not-found',
    `Cannot find review "${nonce}": nobody broke the glass for this request, expected one that somebody did; list them`,
  );
}

async function allReviews({ store, keys, audience }: GatewayContext): Promise<KnownReview[]> {
  return await readReviews({ store, registry: keys.registry, audience });
}

async function openReview(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  known: KnownReview,
): Promise<OpenedReview> {
  const { ask, ticket } = await findAsk(gateway, known.nonce);
  const vote = await breakingVote(gateway, known);
  const { breakGlass } = ask.body.ask.terms;
  if (!vote || !breakGlass) {
    throw new CountersignError(
      'signature-invalid',
      `Cannot show review "${known.nonce}": the vote that broke the glass does not verify, expected one that the gateway signed; treat it as tampered with`,
    );
  }
  const { principal, castAt } = vote.body;
  const dueAt = castAt + breakGlass.reviewWithinMs;
  const glass = { nonce: known.nonce, principal, voteDigest: known.voteDigest, openedAt: castAt, dueAt };
  const people = await approvers.peopleOf(ask, ticket);
  const decided = decideReview(glass, known.signed, people);
  return { known, ask, ticket, vote, dueAt, decided, personOf: people.personOf };
}

async function breakingVote(
  { store, keys, audience }: GatewayContext,
  { nonce, voteDigest }: KnownReview,
): Promise<SignedVote | undefined> {
  const row = (await store.votesByNonce(nonce)).find(({ digest }) => digest === voteDigest);
  const opened = openEnvelope(row?.vote, { schema: signedVoteSchema, audience, registry: keys.registry, now: null });
  if (opened.kind === 'rejected' || opened.signed.body.verdict !== 'break-glass') return undefined;
  // Not another genuine one, put in its place.
  const isThis = opened.signed.body.nonce === nonce && digestJson('vote', opened.signed) === voteDigest;
  return isThis ? opened.signed : undefined;
}

/** Under whichever of their names. */
export function hasSigned({ decided, personOf }: OpenedReview, { principal }: Pick<VotingKey, 'principal'>): boolean {
  return decided.signatures.some((one) => personOf(one.principal) === personOf(principal));
}

async function viewOf(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: VotingKey,
  review: OpenedReview,
): Promise<ReviewView> {
  const { ask, ticket, vote, dueAt, decided } = review;
  const { row, body, card } = ask;
  const { principal, reason, castAt, channel, authenticated } = vote.body;
  const may = await approvers.mayReview(ask, ticket, caller, principal);
  const whyNot = may.kind === 'may-not' ? may.reason : hasSigned(review, caller) ? 'you have signed it' : null;
  return {
    nonce: row.nonce,
    approvalId: body.ask.approvalId,
    workflowId: row.workflowId,
    callKey: body.callKey,
    tool: card.tool,
    agent: card.agent,
    environment: card.environment,
    risk: card.risk,
    text: renderCardText(card, { cardDigest: body.ask.cardDigest }),
    by: principal,
    role: body.ask.terms.breakGlass?.role ?? '',
    reason: reason ?? '',
    castAt,
    channel,
    authenticated: howAuthenticated(authenticated),
    dueAt,
    overdue: decided.state === 'open' && dueAt < gateway.clock.now(),
    state: decided.state,
    needed: reviewersNeeded,
    signatures: decided.signatures.map(({ principal: by, finding, reason: why, signedAt, channel }) => {
      return { principal: by, finding, reason: why, signedAt, channel };
    }),
    couldAnswer: body.ask.couldAnswer ?? null,
    you: { maySign: whyNot === null, reason: whyNot },
  };
}
