/**
 * Places of counters with a limit: taken inside the transaction that admits a call, all of them or none, so that calls side by
 * side cannot overshoot. A limit of L in a minute holds in every minute, wherever it begins: a place is free again one window
 * after it was taken, and the call that takes number n needs number n - L to be free. Costs the same however high the limit.
 */
import { sql } from 'kysely';
import type { CounterTake } from '../store.ts';
import { prepared } from './prepared.ts';
import type { Queries } from './session.ts';

export interface FullCounter {
  counter: CounterTake;
  /** When the next place is free, ms since the Unix epoch; null: never. */
  freeAt: number | null;
}

interface Taken {
  counter: CounterTake;
  number: number;
  at: number;
}

/**
 * Takes them in the order given, which is one order for all calls: two that need the same counters never wait for each other.
 * @returns the first counter that is full; then nothing stays taken
 */
export async function takePlaces(queries: Queries, counters: readonly CounterTake[]): Promise<FullCounter | null> {
  const taken: Taken[] = [];
  for (const counter of counters) {
    const place = await countUp(queries, counter);
    taken.push(place);
    const full = await fullnessOf(queries, place);
    if (!full) continue;
    for (const { counter: one } of taken) await countDown(queries, { scope: one.scope });
    return full;
  }
  for (const place of taken)
    if (place.counter.windowMs !== null) await keepPlace(queries, place, place.counter.windowMs);
  return null;
}

/** The row stays locked to the end of the transaction: nobody else counts here in between. */
async function countUp(queries: Queries, counter: CounterTake): Promise<Taken> {
  const at = counter.windowMs === null ? 0 : counter.at;
  const [row] = (await addOne(queries, { scope: counter.scope, at })).rows;
  if (!row) throw new Error('Cannot count a call: the database gave no number back');
  return { counter, number: row.taken, at: row.latest_at };
}

async function fullnessOf(queries: Queries, { counter, number, at }: Taken): Promise<FullCounter | null> {
  const { limit, windowMs, scope } = counter;
  if (limit < 1) return { counter, freeAt: null };
  if (windowMs === null) return number > limit ? { counter, freeAt: null } : null;
  const [before] = (await placeOf(queries, { scope, number: number - limit })).rows;
  return before && before.taken_at > at - windowMs ? { counter, freeAt: before.taken_at + windowMs } : null;
}

/** Over the oldest place that is free again, if there is one: there are never more rows than calls in one window. */
async function keepPlace(queries: Queries, { counter: { scope }, number, at }: Taken, windowMs: number): Promise<void> {
  const [oldest] = (await oldestPlace(queries, { scope })).rows;
  if (oldest && oldest.taken_at <= at - windowMs)
    await movePlace(queries, { scope, oldest: oldest.number, number, at });
  else await addPlace(queries, { scope, number, at });
}

/** The latest clock counts: one that is behind never finds a place free that was not free to the others. */
const addOne = prepared((queries, { scope, at }: { scope: string; at: number }) =>
  queries
    .insertInto('limit_counts')
    .values({ scope, taken: 1, latest_at: at })
    .onConflict((conflict) =>
      conflict.column('scope').doUpdateSet({
        taken: sql<number>`limit_counts.taken + 1`,
        latest_at: sql<number>`case when excluded.latest_at > limit_counts.latest_at then excluded.latest_at else limit_counts.latest_at end`,
      }),
    )
    .returning(['taken', 'latest_at']),
);

const countDown = prepared((queries, { scope }: { scope: string }) =>
  queries
    .updateTable('limit_counts')
    .set((column) => ({ taken: column('taken', '-', 1) }))
    .where('scope', '=', scope),
);

const placeOf = prepared((queries, { scope, number }: { scope: string; number: number }) =>
  queries.selectFrom('limit_places').select('taken_at').where('scope', '=', scope).where('number', '=', number),
);

const oldestPlace = prepared((queries, { scope }: { scope: string }) =>
  queries
    .selectFrom('limit_places')
    .select(['number', 'taken_at'])
    .where('scope', '=', scope)
    .orderBy('number')
    .limit(1),
);

const movePlace = prepared((queries, one: { scope: string; oldest: number; number: number; at: number }) =>
  queries
    .updateTable('limit_places')
    .set({ number: one.number, taken_at: one.at })
    .where('scope', '=', one.scope)
    .where('number', '=', one.oldest),
);

const addPlace = prepared((queries, { scope, number, at }: { scope: string; number: number; at: number }) =>
  queries.insertInto('limit_places').values({ scope, number, taken_at: at }),
);
