/**
 * Quotas of approval requests, inside the transaction that records the ask or its denial: requests side by side cannot
 * overshoot, and a gate that is run again counts nothing twice. The row of a quota stays locked to the end of the transaction.
 */
import { sql } from 'kysely';
import type { AskQuota, FullQuota } from '../ask-quotas.ts';
import { prepared } from './prepared.ts';
import type { Queries } from './session.ts';

interface Asking {
  /** By the gate's clock, ms. */
  at: number;
  /** The request that this one takes the place of. */
  instead: string | null;
}

/**
 * The first quota that is full, with its back-off made longer; null where there is room under all. Further ones are not
 * touched: a request too many counts under one quota.
 */
export async function findFullQuota(
  queries: Queries,
  quotas: readonly AskQuota[],
  asking: Asking,
): Promise<FullQuota | null> {
  for (const quota of quotas) {
    const { scope } = quota;
    const [row] = (await lockQuota(queries, { scope, at: asking.at })).rows;
    if (!row) throw new Error('Cannot count a request: the database gave no row back');
    const at = row.latest_at;
    const full =
      row.until_at > at ? ({ why: 'backing-off', freeAt: at } as const) : await fullness(queries, quota, at, asking);
    if (!full) continue;
    const refusals = row.refusals + 1;
    const untilAt = Math.max(full.freeAt, at + backOffOf(quota, refusals));
    await setBackOff(queries, { scope, refusals, until: untilAt });
    return { quota, why: full.why, refusals, untilAt };
  }
  return null;
}

/** Once it is certain that the request is made. */
export async function takeAskPlaces(
  queries: Queries,
  quotas: readonly AskQuota[],
  ask: { nonce: string; at: number; openUntil: number },
): Promise<void> {
  for (const { scope } of quotas) {
    await insertPlace(queries, { scope, nonce: ask.nonce, at: ask.at, until: ask.openUntil });
    await setBackOff(queries, { scope, refusals: 0, until: 0 });
  }
}

/** Answered or over: it waits no more. */
export async function closeAskPlaces(queries: Queries, nonce: string): Promise<void> {
  await closePlaces(queries, { nonce });
}

/** 1, 2, 4, … times the first, up to the longest. */
function backOffOf({ backOffMs, longestBackOffMs }: AskQuota, refusals: number): number {
  return Math.max(backOffMs, Math.min(longestBackOffMs, backOffMs * 2 ** Math.min(refusals - 1, 40)));
}

async function fullness(
  queries: Queries,
  { scope, pending, asked, withinMs }: AskQuota,
  at: number,
  { instead }: Asking,
): Promise<{ why: 'pending' | 'asked'; freeAt: number } | null> {
  if (pending !== undefined) {
    const [row] = (await openPlaces(queries, { scope, at, instead: instead ?? '' })).rows;
    if (Number(row?.count ?? 0) >= pending) return { why: 'pending', freeAt: at };
  }
  if (asked === undefined) return null;
  const [oldest] = (await placeBefore(queries, { scope, skipped: asked - 1 })).rows;
  const from = oldest ? oldest.asked_at + withinMs : 0;
  return from > at ? { why: 'asked', freeAt: from } : null;
}

/** The latest clock counts: one that is behind never finds room that was not there for the others. */
const lockQuota = prepared((queries, { scope, at }: { scope: string; at: number }) =>
  queries
    .insertInto('ask_back_offs')
    .values({ scope, refusals: 0, until_at: 0, latest_at: at })
    .onConflict((conflict) =>
      conflict.column('scope').doUpdateSet({
        latest_at: sql<number>`case when excluded.latest_at > ask_back_offs.latest_at then excluded.latest_at else ask_back_offs.latest_at end`,
      }),
    )
    .returning(['refusals', 'until_at', 'latest_at']),
);

const setBackOff = prepared((queries, one: { scope: string; refusals: number; until: number }) =>
  queries
    .updateTable('ask_back_offs')
    .set({ refusals: one.refusals, until_at: one.until })
    .where('scope', '=', one.scope),
);

const openPlaces = prepared((queries, one: { scope: string; at: number; instead: string }) =>
  queries
    .selectFrom('ask_places')
    .select((column) => column.fn.countAll().as('count'))
    .where('scope', '=', one.scope)
    .where('open_until', '>', one.at)
    .where('nonce', '<>', one.instead),
);

const placeBefore = prepared((queries, { scope, skipped }: { scope: string; skipped: number }) =>
  queries
    .selectFrom('ask_places')
    .select('asked_at')
    .where('scope', '=', scope)
    .orderBy('asked_at', 'desc')
    .limit(1)
    .offset(skipped),
);

const insertPlace = prepared((queries, one: { scope: string; nonce: string; at: number; until: number }) =>
  queries
    .insertInto('ask_places')
    .values({ scope: one.scope, nonce: one.nonce, asked_at: one.at, open_until: one.until }),
);

const closePlaces = prepared((queries, { nonce }: { nonce: string }) =>
  queries.updateTable('ask_places').set({ open_until: 0 }).where('nonce', '=', nonce),
);
