/**
 * Uses of grants. The number is in the signed permit, so it is taken only if it is the next one: of two gates that saw the
 * same, the second signs anew or asks. A call and try that has a number keeps it, in whatever pass or link.
 */
import type { GrantUse, Store } from '../store.ts';
import { prepared } from './prepared.ts';
import type { Queries, SqlSession } from './session.ts';
import type { GrantUsesTable } from './tables.ts';

export function grantUseMethods(session: SqlSession): Pick<Store, 'grantUses'> {
  return { grantUses: (grantId) => session.read((queries) => readUses(queries, grantId)) };
}

/** What a permit says of the grant it rests on, with the grant's own bound. */
export type GrantTake = Pick<GrantUse, 'grantId' | 'number' | 'at'> & { uses: number };

type UsingCall = Pick<GrantUse, 'callKey' | 'try' | 'workflowId'>;

/** `own`: this call and try has the number. `gone`: it is not the next one any more, or beyond the bound. */
export async function checkUse(
  queries: Queries,
  { grantId, number, uses }: GrantTake,
  call: UsingCall,
): Promise<'own' | 'next' | 'gone'> {
  if (number > uses) return 'gone';
  const taken = await readUses(queries, grantId);
  const own = taken.find((one) => one.callKey === call.callKey && one.try === call.try);
  if (own) return own.number === number ? 'own' : 'gone';
  return number === taken.length + 1 ? 'next' : 'gone';
}

/** After `checkUse` said `next`, in the same transaction. */
export async function takeUse(queries: Queries, { grantId, number, at }: GrantTake, call: UsingCall): Promise<void> {
  await insertUse(queries, {
    grant_id: grantId,
    number,
    call_key: call.callKey,
    try: call.try,
    workflow_id: call.workflowId,
    used_at: at,
  });
}

const insertUse = prepared((queries, row: GrantUsesTable) => queries.insertInto('grant_uses').values(row));

const usesOf = prepared((queries, { grantId }: { grantId: string }) =>
  queries.selectFrom('grant_uses').selectAll().where('grant_id', '=', grantId).orderBy('number'),
);

async function readUses(queries: Queries, grantId: string): Promise<GrantUse[]> {
  const { rows } = await usesOf(queries, { grantId });
  return rows.map((row) => ({
    grantId: row.grant_id,
    number: row.number,
    callKey: row.call_key,
    try: row.try,
    workflowId: row.workflow_id,
    at: Number(row.used_at),
  }));
}
