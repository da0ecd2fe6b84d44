/**
 * Votes as the gateway stores them before it signals them, so that a reset or a dead gateway drops none. The first vote
 * of a principal for a nonce stays, and so does the first withdrawal of it.
 */
import { type Selectable, sql } from 'kysely';
import { CountersignError } from '../../core/errors.ts';
import type { Store, StoredVote } from '../store.ts';
import { prepared } from './prepared.ts';
import { readUnlessChanged, readVote, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { VotesTable, WithdrawalsTable } from './tables.ts';
import { ofNonce, ofRow } from './write-scopes.ts';

type VoteMethods = Pick<
  Store,
  'storeVote' | 'votesByNonce' | 'votesByNonces' | 'unsignalledVotes' | 'markVoteSignalled'
>;

export function voteMethods(session: SqlSession): VoteMethods {
  return {
    storeVote: (vote, digest) =>
      session.write(
        (queries) =>
          vote.body.verdict === 'withdraw' ? storeWithdrawal(queries, vote, digest) : storeVote(queries, vote, digest),
        ofNonce(vote.body.nonce),
      ),
    votesByNonce: (nonce) =>
      session.read(async (queries) => {
        const { rows: votes } = await votesOf(queries, { nonce });
        const { rows: taken } = await withdrawalsOf(queries, { nonce });
        return readAll(votes, taken);
      }),
    votesByNonces: (nonces, onInvalid) =>
      session.read(async (queries) => {
        if (nonces.length === 0) return new Map();
        const votes = await queries.selectFrom('votes').selectAll().where('nonce', 'in', nonces).execute();
        const taken = await queries.selectFrom('withdrawals').selectAll().where('nonce', 'in', nonces).execute();
        const all = readAll(votes, taken, onInvalid && (({ nonce }) => onInvalid(nonce)));
        return Map.groupBy(all, ({ vote }) => vote.body.nonce);
      }),
    unsignalledVotes: (limit, onInvalid) =>
      session.read(async (queries) => {
        const votes = await queries
          .selectFrom('votes')
          .selectAll()
          .where('signalled', '=', unsignalled)
          .orderBy('cast_at')
          .limit(limit)
          .execute();
        const taken = await queries
          .selectFrom('withdrawals')
          .selectAll()
          .where('signalled', '=', unsignalled)
          .orderBy('cast_at')
          .limit(limit)
          .execute();
        return readAll(votes, taken, onInvalid && (({ digest }) => onInvalid(digest))).slice(0, limit);
      }),
    // Lost, the vote is sent once more, where the run knows it by its digest: nothing rests on this but a signal saved.
    markVoteSignalled: (digest) =>
      session.write((queries) => markVoteSignalled(queries, digest), { ...ofRow(digest), mayBeLostWithPower: true }),
  };
}

/** Written out, because SQLite takes an index of these alone only where it sees the value. */
const unsignalled = sql.lit(0);

const votesOf = prepared((queries, { nonce }: { nonce: string }) =>
  queries.selectFrom('votes').selectAll().where('nonce', '=', nonce),
);
const withdrawalsOf = prepared((queries, { nonce }: { nonce: string }) =>
  queries.selectFrom('withdrawals').selectAll().where('nonce', '=', nonce),
);

function readAll(
  votes: readonly Selectable<VotesTable>[],
  taken: readonly Selectable<WithdrawalsTable>[],
  onInvalid?: (row: { nonce: string; digest: string }) => void,
): StoredVote[] {
  return inOrder([
    ...votes.flatMap((row) => readUnlessChanged(row, toStoredVote, onInvalid) ?? []),
    ...taken.flatMap((row) => readUnlessChanged(row, toWithdrawal, onInvalid) ?? []),
  ]);
}

function inOrder(votes: readonly StoredVote[]): StoredVote[] {
  return votes.toSorted((a, b) => {
    const [one, other] = [a.vote.body, b.vote.body];
    // Within the same millisecond, too, a vote comes before what takes it back.
    const byKind = Number(one.verdict === 'withdraw') - Number(other.verdict === 'withdraw');
    return one.castAt - other.castAt || byKind || (a.digest < b.digest ? -1 : 1);
  });
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

function toWithdrawal(row: Selectable<WithdrawalsTable>): StoredVote {
  const vote = readVote(row.vote);
  rowMustAgree('vote', [
    [row.withdraws, vote.body.withdraws],
    [row.nonce, vote.body.nonce],
    [row.principal, vote.body.principal],
    ['withdraw', vote.body.verdict],
    [row.cast_at, vote.body.castAt],
  ]);
  return { vote, digest: row.digest, signalled: row.signalled === 1 };
}

/** Whether the vote that it names is there and is the principal's is for the caller to know. */
async function storeWithdrawal(
  queries: Queries,
  vote: StoredVote['vote'],
  digest: string,
): ReturnType<Store['storeVote']> {
  const { nonce, principal, castAt, withdraws = '' } = vote.body;
  const first = await queries
    .selectFrom('withdrawals')
    .selectAll()
    .where((where) => where.or([where('digest', '=', digest), where('withdraws', '=', withdraws)]))
    .executeTakeFirst();
  if (first) return { kind: 'duplicate', first: toWithdrawal(first) };
  await queries
    .insertInto('withdrawals')
    .values({ withdraws, nonce, principal, digest, vote: toText(vote), cast_at: castAt, signalled: 0 })
    .execute();
  return { kind: 'stored' };
}

async function markVoteSignalled(queries: Queries, digest: string): Promise<void> {
  for (const table of ['votes', 'withdrawals'] as const) {
    const changed = await queries
      .updateTable(table)
      .set({ signalled: 1 })
      .where('digest', '=', digest)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 1n) return;
  }
  throw new CountersignError(
    'not-found',
    `Cannot mark vote "${digest}" as signalled: it was never stored, expected a stored vote; store it first`,
  );
}
