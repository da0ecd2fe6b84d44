/**
 * Reviews of break-glass. The row is made of what is signed in the permit, in the permit's own transaction, and uses by one
 * person are counted there: gates side by side cannot overshoot. No method changes or deletes a row.
 */
import type { Selectable } from 'kysely';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import type { BreakGlassTake, DecisionRecord, ReviewRow, Store } from '../store.ts';
import type { Queries, SqlSession } from './session.ts';
import type { ReviewsTable } from './tables.ts';

export function reviewMethods(session: SqlSession): Pick<Store, 'listReviews' | 'getReview'> {
  return {
    listReviews: ({ principals, limit }) =>
      session.read(async (queries) => {
        const all = queries.selectFrom('reviews').selectAll();
        const query = principals ? all.where('principal', 'in', [...principals]) : all;
        return (await query.orderBy('opened_at', 'desc').orderBy('nonce').limit(limit).execute()).map(toReview);
      }),
    getReview: (nonce) =>
      session.read(async (queries) => {
        const row = await queries.selectFrom('reviews').selectAll().where('nonce', '=', nonce).executeTakeFirst();
        return row ? toReview(row) : null;
      }),
  };
}

/** That of a permit by break-glass; undefined where the permit is none. */
export function reviewOf({ body, issuedAt }: SignedDecision, permitDigest: string): ReviewRow | undefined {
  const approval = body.verdict === 'allow' ? body.approval : null;
  if (!approval?.breakGlass) return undefined;
  const { by, voteDigest, reviewDueAt } = approval.breakGlass;
  const { workflowId, callKey } = body;
  const times = { openedAt: issuedAt, dueAt: reviewDueAt };
  return { nonce: approval.nonce, workflowId, callKey, principal: by, voteDigest, permitDigest, ...times };
}

const dayMs = 24 * 60 * 60_000;

/** Whether a use is left, its own of before apart: a request that covers several calls is one use. */
export async function hasUseLeft(
  queries: Queries,
  { nonce, openedAt }: ReviewRow,
  { names, perDay }: BreakGlassTake,
): Promise<boolean> {
  const { used } = await queries
    .selectFrom('reviews')
    .select(({ fn }) => fn.countAll().as('used'))
    .where('principal', 'in', [...names])
    .where('opened_at', '>', openedAt - dayMs)
    .where('nonce', '!=', nonce)
    .executeTakeFirstOrThrow();
  return Number(used) < perDay;
}

/** The first permit of a request opens it; what comes after changes nothing. */
export async function openReview(queries: Queries, { decision, digest }: DecisionRecord): Promise<void> {
  const review = reviewOf(decision, digest);
  if (!review) return;
  await queries
    .insertInto('reviews')
    .values({
      nonce: review.nonce,
      workflow_id: review.workflowId,
      call_key: review.callKey,
      principal: review.principal,
      vote_digest: review.voteDigest,
      permit_digest: review.permitDigest,
      opened_at: review.openedAt,
      due_at: review.dueAt,
    })
    .onConflict((conflict) => conflict.column('nonce').doNothing())
    .execute();
}

function toReview(row: Selectable<ReviewsTable>): ReviewRow {
  return {
    nonce: row.nonce,
    workflowId: row.workflow_id,
    callKey: row.call_key,
    principal: row.principal,
    voteDigest: row.vote_digest,
    permitDigest: row.permit_digest,
    openedAt: Number(row.opened_at),
    dueAt: Number(row.due_at),
  };
}
