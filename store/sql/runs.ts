/**
 * Tickets claimed, links and run epochs. A ticket opens one run, once; a link registers once; an epoch only rises, and
 * what was approved in an earlier one is void.
 */
import type { Selectable } from 'kysely';
import type { RunRow, Store } from '../store.ts';
import { appendLedger } from './ledger.ts';
import { prepared } from './prepared.ts';
import { rememberRead } from './read-before.ts';
import { argumentsMustAgree, noSuchRun, readTicket, readUnlessChanged, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { RunsTable } from './tables.ts';
import { ofRun } from './write-scopes.ts';

type RunMethods = Pick<
  Store,
  'claimTicket' | 'getRun' | 'runsByIds' | 'listRuns' | 'registerLink' | 'raiseRunEpoch' | 'closeRun'
>;

export function runMethods(session: SqlSession): RunMethods {
  return {
    // Two tickets of one nonce, for different runs, meet in the unique columns.
    claimTicket: (claim) =>
      session.write((queries) => claimTicket(queries, claim), ofRun(claim.ticket.body.workflowId)),
    getRun: (workflowId) => session.read((queries) => findRun(queries, workflowId)),
    runsByIds: (workflowIds, onInvalid) =>
      session.read((queries) => runsByIds(queries, workflowIds, onInvalid && ((row) => onInvalid(row.workflow_id)))),
    listRuns: (filter) => session.read((queries) => listRuns(queries, filter)),
    registerLink: (link) => session.write((queries) => registerLink(queries, link), ofRun(link.workflowId)),
    raiseRunEpoch: (change) => session.write((queries) => raiseRunEpoch(queries, change), ofRun(change.workflowId)),
    closeRun: (close) => session.write((queries) => closeRun(queries, close), ofRun(close.workflowId)),
  };
}

export async function findRun(queries: Queries, workflowId: string): Promise<RunRow | null> {
  const [row] = (await runById(queries, { workflowId })).rows;
  return row ? toRun(row) : null;
}

const runById = prepared((queries, { workflowId }: { workflowId: string }) =>
  queries.selectFrom('runs').selectAll().where('workflow_id', '=', workflowId),
);

async function runsByIds(
  queries: Queries,
  workflowIds: readonly string[],
  onInvalid?: (row: Selectable<RunsTable>) => void,
): Promise<Map<string, RunRow>> {
  if (workflowIds.length === 0) return new Map();
  const rows = await queries.selectFrom('runs').selectAll().where('workflow_id', 'in', workflowIds).execute();
  return new Map(
    rows.flatMap((row) => {
      const run = readUnlessChanged(row, toRun, onInvalid);
      return run ? [[row.workflow_id, run] as const] : [];
    }),
  );
}

/** Of all stores of this process: it answers by text alone. */
const ticketOf = rememberRead(readTicket, 1000);

function toRun(row: Selectable<RunsTable>): RunRow {
  const ticket = ticketOf(row.workflow_id, row.ticket);
  rowMustAgree('run', [
    [row.workflow_id, ticket.body.workflowId],
    [row.ticket_nonce, ticket.body.nonce],
    [row.principal, ticket.body.principal],
  ]);
  return {
    workflowId: row.workflow_id,
    ticket,
    ticketDigest: row.ticket_digest,
    firstLinkRunId: row.first_link_run_id,
    lastLinkRunId: row.last_link_run_id,
    runEpoch: row.run_epoch,
    turnMark: row.turn_mark,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    outcome: row.outcome,
  };
}

async function claimTicket(
  queries: Queries,
  { ticket, ticketDigest, linkRunId, now }: Parameters<Store['claimTicket']>[0],
): ReturnType<Store['claimTicket']> {
  const { workflowId, nonce, principal } = ticket.body;
  const claimed = await queries
    .selectFrom('runs')
    .select(['workflow_id', 'ticket_digest', 'first_link_run_id'])
    .where((where) =>
      where.or([
        where('workflow_id', '=', workflowId),
        where('ticket_nonce', '=', nonce),
        where('ticket_digest', '=', ticketDigest),
      ]),
    )
    .execute();
  const [first] = claimed;
  if (first) {
    const isSame =
      claimed.length === 1 &&
      first.workflow_id === workflowId &&
      first.ticket_digest === ticketDigest &&
      first.first_link_run_id === linkRunId;
    return isSame ? 'same' : 'claimed-by-other';
  }
  await queries
    .insertInto('runs')
    .values({
      workflow_id: workflowId,
      ticket: toText(ticket),
      ticket_digest: ticketDigest,
      ticket_nonce: nonce,
      principal,
      first_link_run_id: linkRunId,
      last_link_run_id: linkRunId,
      run_epoch: 0,
      turn_mark: 0,
      opened_at: now,
      closed_at: null,
      outcome: null,
    })
    .execute();
  await queries
    .insertInto('links')
    .values({ workflow_id: workflowId, link_run_id: linkRunId, kind: 'first', run_epoch: 0, registered_at: now })
    .execute();
  const body = { linkRunId, ticketDigest, ticket };
  await appendLedger(queries, { kind: 'run-opened', workflowId, callKey: null, body, at: now });
  return 'claimed';
}

async function listRuns(queries: Queries, filter: Parameters<Store['listRuns']>[0]): Promise<RunRow[]> {
  let query = queries
    .selectFrom('runs')
    .selectAll()
    .orderBy('opened_at', 'desc')
    .orderBy('workflow_id')
    .limit(filter.limit);
  if (filter.before !== undefined) {
    const { openedAt, workflowId } = filter.before;
    query = query.where((row) =>
      workflowId === undefined
        ? row('opened_at', '<', openedAt)
        : row.or([
            row('opened_at', '<', openedAt),
            row.and([row('opened_at', '=', openedAt), row('workflow_id', '>', workflowId)]),
          ]),
    );
  }
  if (filter.principal !== undefined) query = query.where('principal', '=', filter.principal);
  const rows = await query.execute();
  return rows.map(toRun);
}

async function registerLink(
  queries: Queries,
  link: Parameters<Store['registerLink']>[0],
): ReturnType<Store['registerLink']> {
  const { workflowId, linkRunId, kind, now } = link;
  const run = await findRun(queries, workflowId);
  if (!run) return { kind: 'stale', run: null };
  const known = await queries
    .selectFrom('links')
    .select('kind')
    .where('workflow_id', '=', workflowId)
    .where('link_run_id', '=', linkRunId)
    .executeTakeFirst();
  if (known) return { kind: 'registered', run };
  if (run.lastLinkRunId !== link.expectedLastLinkRunId) return { kind: 'stale', run };

  const isReset = kind === 'reset';
  const runEpoch = isReset ? run.runEpoch + 1 : run.runEpoch;
  await queries
    .insertInto('links')
    .values({ workflow_id: workflowId, link_run_id: linkRunId, kind, run_epoch: runEpoch, registered_at: now })
    .execute();
  if (isReset) {
    const change = { workflowId, fromEpoch: run.runEpoch, reason: `reset:${linkRunId}`, now };
    await insertEpoch(queries, runEpoch, change);
  }
  // A reset run works again, also one that had been closed.
  const reopened = isReset ? { run_epoch: runEpoch, turn_mark: 0, closed_at: null, outcome: null } : {};
  await queries
    .updateTable('runs')
    .set({ last_link_run_id: linkRunId, ...reopened })
    .where('workflow_id', '=', workflowId)
    .execute();
  const body = { linkRunId, kind, runEpoch, previousLinkRunId: run.lastLinkRunId };
  await appendLedger(queries, { kind: 'link-registered', workflowId, callKey: null, body, at: now });
  return { kind: 'registered', run: await mustFindRun(queries, workflowId) };
}

async function raiseRunEpoch(queries: Queries, change: Parameters<Store['raiseRunEpoch']>[0]): Promise<number> {
  const run = await mustFindRun(queries, change.workflowId);
  argumentsMustAgree('run epoch', [[change.fromEpoch <= run.runEpoch, true]]);
  const raised = await queries
    .selectFrom('epochs')
    .select('epoch')
    .where('workflow_id', '=', change.workflowId)
    .where('from_epoch', '=', change.fromEpoch)
    .where('reason', '=', change.reason)
    .executeTakeFirst();
  if (raised) return run.runEpoch;
  const epoch = run.runEpoch + 1;
  await insertEpoch(queries, epoch, change);
  await queries
    .updateTable('runs')
    .set({ run_epoch: epoch, turn_mark: 0 })
    .where('workflow_id', '=', change.workflowId)
    .execute();
  return epoch;
}

async function insertEpoch(
  queries: Queries,
  epoch: number,
  change: Parameters<Store['raiseRunEpoch']>[0],
): Promise<void> {
  await queries
    .insertInto('epochs')
    .values({
      workflow_id: change.workflowId,
      epoch,
      from_epoch: change.fromEpoch,
      reason: change.reason,
      raised_at: change.now,
    })
    .execute();
}

async function closeRun(queries: Queries, close: Parameters<Store['closeRun']>[0]): Promise<void> {
  const { workflowId, linkRunId, outcome, now } = close;
  const run = await mustFindRun(queries, workflowId);
  // A link that was reset away closes nothing, and a run that is closed stays closed as it was.
  if (run.closedAt !== null || run.lastLinkRunId !== linkRunId) return;
  await queries.updateTable('runs').set({ closed_at: now, outcome }).where('workflow_id', '=', workflowId).execute();
  await appendLedger(queries, { kind: 'run-closed', workflowId, callKey: null, body: { linkRunId, outcome }, at: now });
}

/** @throws CountersignError `not-found` */
async function mustFindRun(queries: Queries, workflowId: string): Promise<RunRow> {
  const run = await findRun(queries, workflowId);
  if (!run) throw noSuchRun(workflowId);
  return run;
}
