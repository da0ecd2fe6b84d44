/** Approval requests as the gateway lists and renders them: from the gate's own signed ask, never from the workflow. */
import type { Selectable } from 'kysely';
import { digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import type { AskRow, Store } from '../store.ts';
import { invalid, readDecision, rowMustAgree } from './records.ts';
import type { SqlSession } from './session.ts';
import type { AsksTable } from './tables.ts';

export function askMethods(session: SqlSession): Pick<Store, 'getAsk' | 'listAsks'> {
  return {
    getAsk: (nonce) =>
      session.read(async (queries) => {
        const row = await queries.selectFrom('asks').selectAll().where('nonce', '=', nonce).executeTakeFirst();
        return row ? toAsk(row) : null;
      }),
    listAsks: ({ open, workflowId, dueFrom, outcome, limit }, onInvalid) =>
      session.read(async (queries) => {
        const order = open === true ? 'asc' : 'desc';
        let query = queries.selectFrom('asks').selectAll().orderBy('deadline_at', order).orderBy('nonce').limit(limit);
        if (open !== undefined) query = query.where('outcome', open ? 'is' : 'is not', null);
        if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId);
        if (outcome !== undefined) query = query.where('outcome', '=', outcome);
        if (dueFrom !== undefined) query = query.where('deadline_at', '>=', dueFrom);
        const rows = await query.execute();
        return onInvalid ? rows.flatMap((row) => toAskOr(row, onInvalid) ?? []) : rows.map(toAsk);
      }),
  };
}

function toAskOr(row: Selectable<AsksTable>, onInvalid: (nonce: string) => void): AskRow | undefined {
  try {
    return toAsk(row);
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== 'record-invalid') throw error;
    onInvalid(row.nonce);
    return undefined;
  }
}

function toAsk(row: Selectable<AsksTable>): AskRow {
  const ask = readDecision(row.ask);
  if (ask.body.verdict !== 'ask') throw invalid('ask', 'its decision asks for nothing');
  rowMustAgree('ask', [
    [row.nonce, ask.body.ask.nonce],
    [row.workflow_id, ask.body.workflowId],
    [row.call_key, ask.body.callKey],
    [row.try, ask.body.try],
    [row.run_epoch, ask.body.runEpoch],
    [row.link_run_id, ask.body.linkRunId],
    [row.approval_id, ask.body.ask.approvalId],
    [row.kind, ask.body.ask.kind],
    [row.deadline_at, ask.body.ask.deadlineAt],
    [digestText('card', row.card), ask.body.ask.cardDigest],
  ]);
  return {
    nonce: row.nonce,
    workflowId: row.workflow_id,
    callKey: row.call_key,
    try: row.try,
    runEpoch: row.run_epoch,
    linkRunId: row.link_run_id,
    approvalId: row.approval_id,
    kind: row.kind,
    ask,
    askDigest: row.ask_digest,
    card: row.card,
    deadlineAt: row.deadline_at,
    outcome: row.outcome,
    closedAt: row.closed_at,
  };
}
