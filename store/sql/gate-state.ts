/** Everything the gate needs to know of a run and one of its calls, from one snapshot. It reads; it never decides. */
import type { SignedReceipt } from '../../core/contracts/receipt.ts';
import type { FenceRow, GateState, LinkRow, Store } from '../store.ts';
import { readAdmissions } from './decisions.ts';
import { toFence } from './fence-rows.ts';
import { readCounted } from './limits.ts';
import { toReceipt } from './receipts.ts';
import { readDecision } from './records.ts';
import { findRun } from './runs.ts';
import type { Queries, SqlSession } from './session.ts';
import { toStoredVote } from './votes.ts';

type GateQuery = Parameters<Store['gateState']>[0];

export function gateStateMethods(session: SqlSession): Pick<Store, 'gateState'> {
  return { gateState: (query) => session.read((queries) => readGateState(queries, query)) };
}

async function readGateState(queries: Queries, query: GateQuery): Promise<GateState> {
  return {
    run: await findRun(queries, query.workflowId),
    link: await findLink(queries, query),
    fences: await readFences(queries, query),
    openFences: await readOpenFences(queries, query),
    labels: await readLabels(queries, query),
    permitWithoutReceipt: await hasPermitWithoutReceipt(queries, query),
    denials: await readDenials(queries, query),
    denialVotes: await readDenialVotes(queries, query),
    admitted: await readAdmissions(queries, query),
    counted: await readCounted(queries, query.workflowId),
    probes: await readReceipts(queries, query, 'probe'),
    targetStates: await readReceipts(queries, query, 'target-state'),
  };
}

async function findLink(queries: Queries, { workflowId, linkRunId }: GateQuery): Promise<LinkRow | null> {
  const row = await queries
    .selectFrom('links')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('link_run_id', '=', linkRunId)
    .executeTakeFirst();
  if (!row) return null;
  return {
    workflowId: row.workflow_id,
    linkRunId: row.link_run_id,
    kind: row.kind,
    runEpoch: row.run_epoch,
    registeredAt: row.registered_at,
  };
}

async function readFences(queries: Queries, { workflowId, callKey }: GateQuery): Promise<FenceRow[]> {
  const rows = await queries
    .selectFrom('fences')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('call_key', '=', callKey)
    .orderBy('try')
    .execute();
  return Promise.all(rows.map((row) => toFence(queries, row)));
}

async function readOpenFences(queries: Queries, { workflowId, callKey }: GateQuery): Promise<FenceRow[]> {
  const rows = await queries
    .selectFrom('fences')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('state', 'in', ['reserved', 'executing'])
    .where('call_key', '<>', callKey)
    .orderBy('reserved_at')
    .orderBy('call_key')
    .orderBy('try')
    .execute();
  return Promise.all(rows.map((row) => toFence(queries, row)));
}

/**
 * Everything stored for the run except this turn's own receipts (contracts.md §3.5). After a reset that includes later
 * turns: what the run came to know does not become unknown.
 */
async function readLabels(queries: Queries, { workflowId, turn }: GateQuery): Promise<GateState['labels']> {
  const rows = await queries
    .selectFrom('labels')
    .select('label')
    .distinct()
    .where('workflow_id', '=', workflowId)
    .where('turn', '<>', turn)
    .orderBy('label')
    .execute();
  return rows.map((row) => row.label);
}

async function hasPermitWithoutReceipt(queries: Queries, { workflowId, turn }: GateQuery): Promise<boolean> {
  const row = await queries
    .selectFrom('decisions')
    .select('decisions.digest')
    .where('decisions.workflow_id', '=', workflowId)
    .where('decisions.verdict', '=', 'allow')
    .where('decisions.purpose', '=', 'execute')
    .where('decisions.turn', '<', turn)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('receipts')
            .select('receipts.permit_digest')
            .whereRef('receipts.permit_digest', '=', 'decisions.digest'),
        ),
      ),
    )
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('fences')
            .select('fences.try')
            .whereRef('fences.call_key', '=', 'decisions.call_key')
            .whereRef('fences.try', '=', 'decisions.try')
            .where('fences.state', 'in', ['consumed', 'void']),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function readDenials(queries: Queries, { workflowId }: GateQuery): Promise<GateState['denials']> {
  const rows = await queries
    .selectFrom('denials')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .orderBy('nonce')
    .orderBy('tool')
    .execute();
  return rows.map((row) => ({ tool: row.tool, argumentsDigest: row.arguments_digest, nonce: row.nonce }));
}

/** Votes that say no in time, whether or not a gate has seen them: a reset or a dead gateway cannot drop one. */
async function readDenialVotes(queries: Queries, { workflowId }: GateQuery): Promise<GateState['denialVotes']> {
  const rows = await queries
    .selectFrom('votes')
    .innerJoin('asks', 'asks.nonce', 'votes.nonce')
    .selectAll('votes')
    .select('asks.ask')
    .where('asks.workflow_id', '=', workflowId)
    .where('votes.verdict', '=', 'deny')
    .whereRef('votes.cast_at', '<=', 'asks.deadline_at')
    .orderBy('votes.cast_at')
    .orderBy('votes.digest')
    .execute();
  return rows.flatMap((row) => {
    const { tool, argumentsDigest } = readDecision(row.ask).body;
    if (argumentsDigest === null) return [];
    return [{ tool: tool.name, argumentsDigest, nonce: row.nonce, vote: toStoredVote(row).vote }];
  });
}

async function readReceipts(
  queries: Queries,
  { workflowId, callKey }: GateQuery,
  purpose: 'probe' | 'target-state',
): Promise<SignedReceipt[]> {
  const rows = await queries
    .selectFrom('receipts')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('call_key', '=', callKey)
    .where('purpose', '=', purpose)
    .orderBy('ordinal')
    .execute();
  return rows.map((row) => toReceipt(row).receipt);
}
