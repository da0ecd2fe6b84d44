/** How fast people approved: the times beside each approval, newest first. For people who look; no decision rests on them. */
import type { Store } from '../store.ts';
import type { SqlSession } from './session.ts';

export function approvalPaceMethods(session: SqlSession): Pick<Store, 'approvalPace'> {
  return {
    approvalPace: ({ from, limit }) =>
      session.read(async (queries) => {
        const rows = await queries
          .selectFrom('votes')
          .innerJoin('asks', 'asks.nonce', 'votes.nonce')
          .select((columns) => [
            'votes.principal',
            'votes.cast_at',
            'asks.asked_at',
            columns
              .selectFrom('looks')
              .select((look) => look.fn.min('looks.first_at').as('first'))
              .whereRef('looks.nonce', '=', 'votes.nonce')
              .whereRef('looks.principal', '=', 'votes.principal')
              .whereRef('looks.first_at', '<=', 'votes.cast_at')
              .as('looked_at'),
          ])
          .where('votes.verdict', 'in', ['approve', 'break-glass'])
          .where('votes.cast_at', '>=', from)
          // Rows of versions that kept no such time say nothing of it.
          .where('asks.asked_at', '>', 0)
          .orderBy('votes.cast_at', 'desc')
          .limit(limit)
          .execute();
        return rows.map(({ principal, cast_at, asked_at, looked_at }) => ({
          principal,
          castAt: Number(cast_at),
          askedAt: Number(asked_at),
          lookedAt: looked_at === null ? null : Number(looked_at),
        }));
      }),
  };
}
