/**
 * What happened to approval requests since a time: asked, voted on, closed. Read from the rows themselves, so that nothing
 * is written twice and no change is missed by whoever asks again from a little earlier.
 */
import type { Store } from '../store.ts';
import type { ApprovalChange } from '../notice.ts';
import type { Queries, SqlSession } from './session.ts';

export function approvalChangeMethods(session: SqlSession): Pick<Store, 'approvalChanges'> {
  return {
    approvalChanges: ({ from, limit }) =>
      session.read(async (queries) => {
        const found = [...(await asked(queries, from, limit)), ...(await voted(queries, from, limit))];
        found.push(...(await closed(queries, from, limit)));
        return found.toSorted(inOrder).slice(0, limit);
      }),
  };
}

async function asked(queries: Queries, from: number, limit: number): Promise<ApprovalChange[]> {
  const query = queries.selectFrom('asks').select(['nonce', 'asked_at']).where('asked_at', '>=', from);
  const rows = await query.orderBy('asked_at').orderBy('nonce').limit(limit).execute();
  return rows.map((row) => ({ kind: 'requested', nonce: row.nonce, at: Number(row.asked_at), digest: null }));
}

/** A vote that is taken back changes what the votes come to, too. */
async function voted(queries: Queries, from: number, limit: number): Promise<ApprovalChange[]> {
  const changes: ApprovalChange[] = [];
  for (const table of ['votes', 'withdrawals'] as const) {
    const query = queries.selectFrom(table).select(['nonce', 'cast_at', 'digest']).where('cast_at', '>=', from);
    const rows = await query.orderBy('cast_at').orderBy('digest').limit(limit).execute();
    for (const { nonce, cast_at, digest } of rows) changes.push({ kind: 'voted', nonce, at: Number(cast_at), digest });
  }
  return changes;
}

async function closed(queries: Queries, from: number, limit: number): Promise<ApprovalChange[]> {
  const query = queries.selectFrom('asks').select(['nonce', 'closed_at']).where('closed_at', '>=', from);
  const rows = await query.orderBy('closed_at').orderBy('nonce').limit(limit).execute();
  return rows.map((row) => ({ kind: 'closed', nonce: row.nonce, at: Number(row.closed_at), digest: null }));
}

const rank = { requested: 0, voted: 1, closed: 2 } as const;

function inOrder(one: ApprovalChange, other: ApprovalChange): number {
  const left = `${one.nonce}${one.digest ?? ''}`;
  return (
    one.at - other.at || rank[one.kind] - rank[other.kind] || (left < `${other.nonce}${other.digest ?? ''}` ? -1 : 1)
  );
}
