/**
 * A recorded call as a policy would be asked about it again: the arguments from the run's history, everything else from the
 * gate's own decisions in the store. It opens signatures; what does not verify is not used. What only the moment of the decision
 * knew is not guessed: `notKnown` names it.
 */
import { type SignedDecision, signedDecisionSchema } from '../core/contracts/decision.ts';
import { callKeyOf } from '../core/contracts/call-names.ts';
import type { Purpose } from '../core/contracts/ids.ts';
import { parseStrictJson } from '../core/canonical-json.ts';
import { digestJson } from '../core/digest.ts';
import { type KeyRegistry, openEnvelope } from '../core/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import type { PolicyInput } from '../policy/index.ts';
import type { ToolDefinition } from '../core/contracts/tool.ts';
import type { RunRow, Store } from '../store/store.ts';
import type { HistorySource } from './history-source.ts';
import { readRecord } from './read-record.ts';
import { readCheckResult } from './read-results.ts';

export interface RecordedCall {
  run: RunRow;
  decision: SignedDecision;
  /** Null where the call was refused before it had arguments that a policy could be asked about. */
  input: PolicyInput | null;
  /** What the input does not hold although the gate had it, in words. */
  notKnown: string[];
}

export interface RecordedCallQuery {
  store: Pick<Store, 'getRun' | 'listDecisions'>;
  source: HistorySource;
  registry: KeyRegistry;
  audience: string;
  workflowId: string;
  turn: number;
  index: number;
  /** By digest: a definition counts where the decision names it. Absent: none is at hand. */
  definitions?: ReadonlyMap<string, ToolDefinition>;
}

/** The last decision about whether the call may run. @throws {CountersignError} `not-found`, `record-invalid` */
export async function readRecordedCall(query: RecordedCallQuery): Promise<RecordedCall> {
  const { store, workflowId, turn, index } = query;
  const callKey = callKeyOf(workflowId, turn, index);
  const run = await store.getRun(workflowId);
  const stored = await store.listDecisions(workflowId);
  const decisions = stored.flatMap((decision) => open(query, decision) ?? []);
  const damaged = stored.filter((one) => one.body.callKey === callKey && open(query, one) === undefined);
  const decision = decisions.findLast(({ body }) => body.callKey === callKey && gating.includes(body.purpose));
  if (damaged.length > 0) throw unverified(callKey, 'its decision is not signed by the gate, or was changed');
  if (!run || !decision) throw notFound(callKey, decisions);
  const { argumentsDigest, tool } = decision.body;
  if (argumentsDigest === null || tool.definitionDigest === null) {
    return { run, decision, input: null, notKnown: ['the arguments: the call was refused before it had any'] };
  }
  const seen = await seenInHistory(query, decision);
  const args = parseStrictJson(seen?.arguments ?? '');
  if (
    args.kind !== 'value' ||
    typeof args.value !== 'object' ||
    args.value === null ||
    Array.isArray(args.value) ||
    digestJson('arguments', args.value) !== argumentsDigest
  ) {
    throw unverified(callKey, 'its history does not hold the arguments that were decided about');
  }
  const definition = query.definitions?.get(tool.definitionDigest);
  const facts = definition ?? { effect: seen?.effect ?? 'effect', tags: [], risk: null };
  const input = inputOf(run, decisions, decision, args.value, facts);
  return { run, decision, input, notKnown: notKnownOf(definition, query.definitions !== undefined) };
}

/** Other purposes settle what became of an effect: no policy is asked. */
const gating: readonly string[] = ['execute', 'dry-run'] satisfies Purpose[];

function notKnownOf(definition: ToolDefinition | undefined, given: boolean): string[] {
  const why = given
    ? 'the pack that was named has another definition of it'
    : 'name the folder of the pack that ran, to read them there';
  return [
    ...(definition ? [] : [`the tool's own risk and tags: ${why}`]),
    'tokens and cost at that time, and how many other runs of the principal were open',
    "what was read of the call's target",
  ];
}

function open({ registry, audience, workflowId }: RecordedCallQuery, decision: SignedDecision) {
  const opened = openEnvelope(decision, { schema: signedDecisionSchema, audience, registry, now: null });
  return opened.kind === 'opened' && opened.signed.body.workflowId === workflowId ? opened.signed : undefined;
}

/** By the decision itself: another tool may have been called with the same arguments. */
async function seenInHistory({ source, workflowId }: RecordedCallQuery, decision: SignedDecision) {
  const wanted = digestJson('decision', decision);
  const record = readRecord(workflowId, await source.links(workflowId));
  for (const { entries } of record.links) {
    for (const entry of entries) {
      if (entry.kind !== 'local' || entry.activityType !== 'checkCall') continue;
      const read = readCheckResult(entry.result);
      if (read?.kind !== 'decided' || read.arguments === null) continue;
      const own = signedDecisionSchema.safeParse(read.decision).data;
      if (own && digestJson('decision', own) === wanted)
        return { arguments: read.arguments, effect: read.tool?.effect };
    }
  }
  return undefined;
}

function inputOf(
  run: RunRow,
  decisions: readonly SignedDecision[],
  decision: SignedDecision,
  args: PolicyInput['args'],
  { effect, tags, risk }: Pick<ToolDefinition, 'effect' | 'tags' | 'risk'>,
): PolicyInput {
  const { body, issuedAt } = decision;
  const { ticket } = run;
  const [, turn = '1'] = /\/(\d+)\.\d+$/u.exec(body.callKey) ?? [];
  const before = decisions.slice(0, decisions.indexOf(decision));
  const admitted = new Map(
    before
      .filter(
        (one) => one.body.verdict !== 'deny' && gating.includes(one.body.purpose) && one.body.callKey !== body.callKey,
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
    tool: { name: body.tool.name, effect, tags, risk },
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

function unverified(callKey: string, why: string): CountersignError {
  return new CountersignError(
    'record-invalid',
    `Cannot explain call "${callKey}": ${why}, expected a record that verifies; see countersign replay`,
  );
}
