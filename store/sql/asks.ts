/** Approval requests as the gateway lists and renders them: from the gate's own signed ask, never from the workflow. */
import type { Selectable } from 'kysely';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import { digestText } from '../../core/digest.ts';
import type { ChangedAsk } from '../changed-rows.ts';
import type { AskRow, Store } from '../store.ts';
import { rememberRead } from './read-before.ts';
import { invalid, readDecision, readUnlessChanged, rowMustAgree } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { AsksTable } from './tables.ts';

/** What a list shows five times over; about 20 kB each. */
const mostKept = 1000;
/** Looked at for one list, with those that do not read. */
const mostRows = 2000;

export function askMethods(session: SqlSession): Pick<Store, 'getAsk' | 'listAsks'> {
  const toAsk = askReader();
  return {
    getAsk: (nonce) =>
      session.read(async (queries) => {
        const row = await queries.selectFrom('asks').selectAll().where('nonce', '=', nonce).executeTakeFirst();
        return row ? toAsk(row) : null;
      }),
    listAsks: (filter, onInvalid) =>
      session.read(async (queries) => {
        if (!onInvalid) return (await rowsOf(queries, filter)).map(toAsk);
        const asks: AskRow[] = [];
        let { after } = filter;
        // Rows that do not read make room for others: whoever changes some keeps nobody from the rest.
        for (let seen = 0; seen < mostRows && asks.length < filter.limit; ) {
          const rows = await rowsOf(queries, { ...filter, after });
          asks.push(
            ...rows.flatMap((row) => readUnlessChanged(row, toAsk, (changed) => onInvalid(changedAsk(changed))) ?? []),
          );
          const last = rows.at(-1);
          if (!last || rows.length < filter.limit) break;
          after = { deadlineAt: last.deadline_at, nonce: last.nonce };
          seen += rows.length;
        }
        return asks.slice(0, filter.limit);
      }),
  };
}

type AskFilter = Parameters<Store['listAsks']>[0];

async function rowsOf(
  queries: Queries,
  {
    open,
    workflowId,
    dueFrom,
    after,
    outcome,
    critical,
    limit,
  }: { [K in keyof AskFilter]: AskFilter[K] | undefined } & Pick<AskFilter, 'limit'>,
): Promise<Selectable<AsksTable>[]> {
  const order = open === true ? 'asc' : 'desc';
  let query = queries.selectFrom('asks').selectAll().orderBy('deadline_at', order).orderBy('nonce').limit(limit);
  if (open !== undefined) query = query.where('outcome', open ? 'is' : 'is not', null);
  if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId);
  if (outcome !== undefined) query = query.where('outcome', '=', outcome);
  if (critical !== undefined) query = query.where('risk', critical ? '=' : '<>', 'critical');
  if (dueFrom !== undefined) query = query.where('deadline_at', '>=', dueFrom);
  if (after !== undefined) {
    const { deadlineAt, nonce } = after;
    query = query.where((where) =>
      where.or([
        where('deadline_at', open === true ? '>' : '<', deadlineAt),
        where.and([where('deadline_at', '=', deadlineAt), where('nonce', '>', nonce)]),
      ]),
    );
  }
  return await query.execute();
}

function changedAsk({ nonce, workflow_id, approval_id }: Selectable<AsksTable>): ChangedAsk {
  return { nonce, workflowId: workflow_id, approvalId: approval_id };
}

type ReadAsk = (row: Selectable<AsksTable>) => AskRow;

/** Its signed ask and its card's digest are read once for each text. */
function askReader(): ReadAsk {
  const read = rememberRead(readDecision, mostKept);
  const digest = rememberRead((card) => digestText('card', card), mostKept);
  return (row) => toAsk(row, read(row.nonce, row.ask), digest(row.nonce, row.card));
}

function toAsk(row: Selectable<AsksTable>, ask: SignedDecision, cardDigest: string): AskRow {
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
    [cardDigest, ask.body.ask.cardDigest],
    [row.risk === '' ? ask.body.risk : row.risk, ask.body.risk],
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
