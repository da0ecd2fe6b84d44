/** Everything the gate needs to know of a run and one of its calls, from one snapshot. It reads; it never decides. */
import { sql } from 'kysely';
import type { Purpose } from '../../core/contracts/ids.ts';
import { labelSchema } from '../../core/contracts/labels.ts';
import type { SignedReceipt } from '../../core/contracts/receipt.ts';
import type { FenceRow, GateQuery, GateState, LinkRow, RunRow, Store } from '../store.ts';
import { readOrders, type SeenControl } from './control.ts';
import { findDecision, readAdmissions } from './decisions.ts';
import { toFence } from './fence-rows.ts';
import { readCounted } from './limits.ts';
import { toReceipt } from './receipts.ts';
import { prepared } from './prepared.ts';
import { readDecision } from './records.ts';
import { findRun } from './runs.ts';
import type { Queries, SqlSession } from './session.ts';
import { createSettledTurns, type SettledTurns } from './settled-turns.ts';
import { toStoredVote } from './votes.ts';

export function gateStateMethods(session: SqlSession, seen: SeenControl): Pick<Store, 'gateState' | 'gateView'> {
  const settled = createSettledTurns();
  return {
    gateState: (query) => session.read((queries) => readGateState(queries, settled, query)),
    gateView: (query, kinds) =>
      session.read(async (queries) => ({
        state: await readGateState(queries, settled, query),
        decision: await findDecision(queries, query),
        orders: await readOrders(queries, seen, kinds),
      })),
  };
}

async function readGateState(queries: Queries, settled: SettledTurns, query: GateQuery): Promise<GateState> {
  const run = await findRun(queries, query.workflowId);
  return {
    run,
    link: await findLink(queries, query),
    fences: await readFences(queries, query),
    openFences: await readOpenFences(queries, query),
    labels: await readLabels(queries, query),
    permitWithoutReceipt: await hasPermitWithoutReceipt(queries, settled, run, query),
    denials: await readDenials(queries, query),
    denialVotes: await readDenialVotes(queries, query),
    admitted: await readAdmissions(queries, query),
    counted: await readCounted(queries, query.workflowId),
    ...(await readReceipts(queries, query)),
  };
}

const linkRow = prepared((queries, { workflowId, linkRunId }: GateQuery) =>
  queries.selectFrom('links').selectAll().where('workflow_id', '=', workflowId).where('link_run_id', '=', linkRunId),
);

async function findLink(queries: Queries, query: GateQuery): Promise<LinkRow | null> {
  const [row] = (await linkRow(queries, query)).rows;
  if (!row) return null;
  return {
    workflowId: row.workflow_id,
    linkRunId: row.link_run_id,
    kind: row.kind,
    runEpoch: row.run_epoch,
    registeredAt: row.registered_at,
  };
}

const fencesOfCall = prepared((queries, { workflowId, callKey }: GateQuery) =>
  queries
    .selectFrom('fences')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('call_key', '=', callKey)
    .orderBy('try'),
);

async function readFences(queries: Queries, query: GateQuery): Promise<FenceRow[]> {
  const { rows } = await fencesOfCall(queries, query);
  return Promise.all(rows.map((row) => toFence(queries, row)));
}

const openFencesOfOthers = prepared((queries, { workflowId, callKey }: GateQuery) =>
  queries
    .selectFrom('fences')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    // As text, so that the index of open rows is used: a parameter could be any state.
    .where(sql<boolean>`state in ('reserved', 'executing')`)
    .where('call_key', '<>', callKey)
    .orderBy('reserved_at')
    .orderBy('call_key')
    .orderBy('try'),
);

async function readOpenFences(queries: Queries, query: GateQuery): Promise<FenceRow[]> {
  const { rows } = await openFencesOfOthers(queries, query);
  return Promise.all(rows.map((row) => toFence(queries, row)));
}

/**
 * Everything stored for the run except this turn's own receipts (contracts.md §3.5). After a reset that includes later
 * turns: what the run came to know does not become unknown. One look for each label there is, not one through all rows of
 * the run, and all of them in one statement.
 */
const labelsOfOtherTurns = prepared((queries, { workflowId, turn }: GateQuery) => {
  const looks = labelSchema.options.map((label) =>
    queries
      .selectFrom('labels')
      .select('label')
      .where('workflow_id', '=', workflowId)
      .where('label', '=', label)
      .where('turn', '<>', turn)
      .limit(1)
      .as('found'),
  );
  return looks.map((look) => queries.selectFrom(look).select('label')).reduce((all, one) => all.unionAll(one));
});

async function readLabels(queries: Queries, query: GateQuery): Promise<GateState['labels']> {
  const { rows } = await labelsOfOtherTurns(queries, query);
  return rows.map(({ label }) => label).toSorted();
}

const permitsWithoutReceipt = prepared((queries, { workflowId, from, turn }: GateQuery & { from: number }) =>
  queries
    .selectFrom('decisions')
    .select('decisions.digest')
    .where('decisions.workflow_id', '=', workflowId)
    .where('decisions.verdict', '=', 'allow')
    .where('decisions.purpose', '=', 'execute')
    .where('decisions.turn', '>=', from)
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
    .limit(1),
);

async function hasPermitWithoutReceipt(
  queries: Queries,
  settled: SettledTurns,
  run: RunRow | null,
  query: GateQuery,
): Promise<boolean> {
  const { workflowId, turn } = query;
  const from = run ? settled.below(workflowId, run.runEpoch) : 0;
  const found = (await permitsWithoutReceipt(queries, { ...query, from })).rows.length > 0;
  if (run && !found) settled.note(workflowId, run.runEpoch, Math.max(from, Math.min(turn, run.turnMark)));
  return found;
}

const denialsOfRun = prepared((queries, { workflowId }: GateQuery) =>
  queries.selectFrom('denials').selectAll().where('workflow_id', '=', workflowId).orderBy('nonce').orderBy('tool'),
);

async function readDenials(queries: Queries, query: GateQuery): Promise<GateState['denials']> {
  const { rows } = await denialsOfRun(queries, query);
  return rows.map((row) => ({ tool: row.tool, argumentsDigest: row.arguments_digest, nonce: row.nonce }));
}

/** Votes that say no in time, whether or not a gate has seen them: a reset or a dead gateway cannot drop one. */
async function readDenialVotes(queries: Queries, query: GateQuery): Promise<GateState['denialVotes']> {
  const { rows } = await denialVotesOfRun(queries, query);
  return rows.flatMap((row) => {
    const { tool, argumentsDigest } = readDecision(row.ask).body;
    if (argumentsDigest === null) return [];
    return [{ tool: tool.name, argumentsDigest, nonce: row.nonce, vote: toStoredVote(row).vote }];
  });
}

const denialVotesOfRun = prepared((queries, { workflowId }: GateQuery) =>
  queries
    .selectFrom('votes')
    .innerJoin('asks', 'asks.nonce', 'votes.nonce')
    .selectAll('votes')
    .select('asks.ask')
    .where('asks.workflow_id', '=', workflowId)
    .where('votes.verdict', '=', 'deny')
    .whereRef('votes.cast_at', '<=', 'asks.deadline_at')
    .orderBy('votes.cast_at')
    .orderBy('votes.digest'),
);

const receiptsOfCall = prepared((queries, one: GateQuery) =>
  queries
    .selectFrom('receipts')
    .selectAll()
    .where('workflow_id', '=', one.workflowId)
    .where('call_key', '=', one.callKey)
    .where('purpose', 'in', ['probe', 'target-state', 'dry-run'])
    .orderBy('ordinal'),
);

async function readReceipts(
  queries: Queries,
  query: GateQuery,
): Promise<Pick<GateState, 'probes' | 'targetStates' | 'dryRuns'>> {
  const { rows } = await receiptsOfCall(queries, query);
  const of = (purpose: Purpose): SignedReceipt[] =>
    rows.filter((row) => row.purpose === purpose).map((row) => toReceipt(row).receipt);
  return { probes: of('probe'), targetStates: of('target-state'), dryRuns: of('dry-run') };
}
