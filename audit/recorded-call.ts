/**
 * A recorded call as a policy would be asked about it again: the arguments from the run's history, everything else from the
 * gate's own decisions in the store. Counts that only the moment of the decision had (tokens, age, other runs) are those of the
 * end of the record. It opens signatures; what does not verify is not used.
 */
import { type SignedDecision, signedDecisionSchema } from '../core/contracts/decision.ts';
import { callKeyOf } from '../core/contracts/call-names.ts';
import { parseStrictJson } from '../core/canonical-json.ts';
import { digestText } from '../core/digest.ts';
import { type KeyRegistry, openEnvelope } from '../core/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import type { PolicyInput } from '../policy/index.ts';
import type { RunRow, Store } from '../store/store.ts';
import type { HistorySource } from './history-source.ts';
import { readRecord } from './read-record.ts';
import { readCheckResult } from './read-results.ts';

export interface RecordedCall {
  run: RunRow;
  decision: SignedDecision;
  input: PolicyInput;
}

export interface RecordedCallQuery {
  store: Store;
  source: HistorySource;
  registry: KeyRegistry;
  audience: string;
  workflowId: string;
  turn: number;
  index: number;
}

/** The last decision about the call. @throws {CountersignError} `not-found`, `record-invalid` */
export async function readRecordedCall(query: RecordedCallQuery): Promise<RecordedCall> {
  const { store, workflowId, turn, index } = query;
  const callKey = callKeyOf(workflowId, turn, index);
  const run = await store.getRun(workflowId);
  const decisions = (await store.listDecisions(workflowId)).flatMap((decision) => open(query, decision) ?? []);
  const decision = decisions.findLast(({ body }) => body.callKey === callKey && body.purpose === 'execute');
  if (!run || !decision) throw notFound(callKey, decisions);
  const seen = await seenInHistory(query, decision);
  const args = seen && parseStrictJson(seen.text);
  if (args?.kind !== 'value' || typeof args.value !== 'object' || args.value === null || Array.isArray(args.value)) {
    throw new CountersignError(
      'record-invalid',
      `Cannot explain call "${callKey}": its history does not hold the arguments that were decided about, expected them; the call was refused before it had any, or the record was changed`,
    );
  }
  return { run, decision, input: inputOf(run, decisions, decision, args.value, seen?.effect ?? 'effect') };
}

function open({ registry, audience }: RecordedCallQuery, decision: SignedDecision): SignedDecision | undefined {
  const opened = openEnvelope(decision, { schema: signedDecisionSchema, audience, registry, now: null });
  return opened.kind === 'opened' ? opened.signed : undefined;
}

async function seenInHistory({ source, workflowId }: RecordedCallQuery, { body }: SignedDecision) {
  const record = readRecord(workflowId, await source.links(workflowId));
  for (const { entries } of record.links) {
    for (const entry of entries) {
      if (entry.kind !== 'local' || entry.activityType !== 'checkCall') continue;
      const read = readCheckResult(entry.result);
      if (read?.kind !== 'decided' || read.arguments === null) continue;
      if (digestText('arguments', read.arguments) === body.argumentsDigest) {
        return { text: read.arguments, effect: read.tool?.effect };
      }
    }
  }
  return undefined;
}

function inputOf(
  run: RunRow,
  decisions: readonly SignedDecision[],
  decision: SignedDecision,
  args: PolicyInput['args'],
  effect: PolicyInput['tool']['effect'],
): PolicyInput {
  const { body, issuedAt } = decision;
  const { ticket } = run;
  const [, turn = '1'] = /\/(\d+)\.\d+$/u.exec(body.callKey) ?? [];
  const before = decisions.slice(0, decisions.indexOf(decision));
  const admitted = new Map(
    before
      .filter(
        (one) => one.body.verdict !== 'deny' && one.body.purpose === 'execute' && one.body.callKey !== body.callKey,
      )
      .map((one) => [`${one.body.callKey} ${one.body.try}`, one.body]),
  );
  const calls = [...admitted.values()];
  const denied = before.filter((one) => one.body.verdict === 'deny' && one.body.outcome === 'denied');
  const callsByTool: Record<string, number> = {};
  for (const { tool } of calls) callsByTool[tool.name] = (callsByTool[tool.name] ?? 0) + 1;
  return {
    principal: { id: ticket.body.principal, roles: ticket.body.roles },
    onBehalfOf: ticket.body.onBehalfOf,
    tool: { name: body.tool.name, effect, tags: [], risk: body.risk },
    args,
    run: {
      agent: ticket.body.agent,
      turn: Number(turn),
      calls: calls.length,
      callsInTurn: calls.filter(({ callKey }) => callKey.startsWith(`${ticket.body.workflowId}/${turn}.`)).length,
      callsByTool,
      ageMs: Math.max(0, issuedAt - run.openedAt),
      depth: ticket.body.depth,
      deniedTools: [...new Set(denied.map((one) => one.body.tool.name))],
      dryRun: ticket.body.dryRun,
      epoch: body.runEpoch,
    },
    environment: ticket.body.environment,
    labels: body.labels,
    findings: body.findings.map(({ guard, rule, severity, message }) => ({ guard, rule, severity, message })),
    denials: denied.length,
    now: issuedAt,
  };
}

function notFound(callKey: string, decisions: readonly SignedDecision[]): CountersignError {
  const known = [...new Set(decisions.map(({ body }) => body.callKey.split('/')[1]))].slice(0, 20);
  return new CountersignError(
    'not-found',
    `Cannot explain call "${callKey}": the store has no decision about it, expected one of ${known.join(', ') || 'none: there is no decision of this run'}; correct --run or --call`,
  );
}
