/**
 * Votes as the gateway stores them before it signals them, so that a reset or a dead gateway drops none. The first vote
 * of a principal for a nonce stays.
 */
import type { Selectable } from 'kysely';
import { CountersignError } from '../../core/errors.ts';
import type { Store, StoredVote } from '../store.ts';
import { readVote, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { VotesTable } from './tables.ts';
import { ofNonce, ofRow } from './write-scopes.ts';

type VoteMethods = Pick<Store, 'storeVote' | 'votesByNonce' | 'unsignalledVotes' | 'markVoteSignalled'>;

export function voteMethods(session: SqlSession): VoteMethods {
  return {
    storeVote: (vote, digest) => session.write((queries) => storeVote(queries, vote, digest), ofNonce(vote.body.nonce)),
    votesByNonce: (nonce) =>
      session.read(async (queries) => {
        const query = queries.selectFrom('votes').selectAll().where('nonce', '=', nonce);
        const rows = await query.orderBy('cast_at').orderBy('digest').execute();
        return rows.map(toStoredVote);
      }),
    unsignalledVotes: (limit) =>
      session.read(async (queries) => {
        const query = queries.selectFrom('votes').selectAll().where('signalled', '=', 0).limit(limit);
        const rows = await query.orderBy('cast_at').orderBy('digest').execute();
        return rows.map(toStoredVote);
      }),
    markVoteSignalled: (digest) => session.write((queries) => markVoteSignalled(queries, digest), ofRow(digest)),
  };
}

export function toStoredVote(row: Selectable<VotesTable>): StoredVote {
  const vote = readVote(row.vote);
  rowMustAgree('vote', [
    [row.nonce, vote.body.nonce],
    [row.principal, vote.body.principal],
    [row.verdict, vote.body.verdict],
    [row.cast_at, vote.body.castAt],
  ]);
  return { vote, digest: row.digest, signalled: row.signalled === 1 };
}

async function storeVote(queries: Queries, vote: StoredVote['vote'], digest: string): ReturnType<Store['storeVote']> {
  const { nonce, principal, verdict, castAt } = vote.body;
  const first = await queries
    .selectFrom('votes')
    .selectAll()
    .where((where) => where.or([where('digest', '=', digest), where.and({ nonce, principal })]))
    .executeTakeFirst();
  if (first) return { kind: 'duplicate', first: toStoredVote(first) };
  await queries
    .insertInto('votes')
    .values({ nonce, principal, verdict, digest, vote: toText(vote), cast_at: castAt, signalled: 0 })
    .execute();
  return { kind: 'stored' };
}

async function markVoteSignalled(queries: Queries, digest: string): Promise<void> {
  const changed = await queries
    .updateTable('votes')
    .set({ signalled: 1 })
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (changed.numUpdatedRows === 1n) return;
  throw new CountersignError(
    'not-found',
    `Cannot mark vote "${digest}" as signalled: it was never stored, expected a stored vote; store it first`,
  );
}
