/**
 * The end of a run (afterAgent): asks the guards about its answer, checks that the store's record is whole and notes the end. It
 * is started with input that anybody could forge, so it believes only the store about what was decided and done.
 */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { complianceGuard, type CloseRunInput, type CloseRunResult, linkNotOpen } from '../core/contracts/activities.ts';
import type { Finding } from '../core/contracts/labels.ts';
import { signedReceiptSchema } from '../core/contracts/receipt.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { callKeyPattern, mostCallsPerTurn } from '../core/contracts/call-names.ts';
import { digestJson } from '../core/digest.ts';
import type { Clock } from '../core/clock.ts';
import type { RunRow, Store } from '../store/store.ts';
import type { PointResult } from './check-point.ts';

export interface CloseRunDependencies {
  store: Store;
  clock: Clock;
  /** The afterAgent guards over the run's answer, as the policies that it pinned set them. */
  checkAnswer(text: string, ticket: TicketBody): Promise<PointResult>;
  readExecution?: () => { workflowId: string; linkRunId: string } | undefined;
}

const withdrawing: ReadonlySet<string> = new Set(['cancelled', 'failed']);
const askPage = 1000;
const ledgerPage = 1000;

const intentSchema = z.object({ try: z.number(), permitDigest: z.string() });
const receiptSchema = z.object({ receipt: signedReceiptSchema });

export function createCloseRun(dependencies: CloseRunDependencies): (input: CloseRunInput) => Promise<CloseRunResult> {
  return async (input) => {
    const execution = (dependencies.readExecution ?? currentExecution)();
    if (!execution) return { findings: [finding('not-a-run', 'it was not started by a workflow')] };
    const { workflowId, linkRunId } = execution;
    const run = await dependencies.store.getRun(workflowId);
    if (run?.lastLinkRunId !== linkRunId)
      return { findings: [finding(linkNotOpen, 'this link is not the open one of its run')] };
    const { limits } = run.ticket.body;
    const guarded = await dependencies.checkAnswer(String(input.text ?? ''), run.ticket.body);
    const findings = await complianceFindings(dependencies.store, { ...run, limits }, input);
    const { refusal } = guarded;
    const outcome = refusal ? 'refused' : input.outcome;
    await dependencies.store.closeRun({ workflowId, linkRunId, outcome, now: dependencies.clock.now() });
    return { findings: [...findings, ...guarded.findings], ...(refusal ? { refusal } : {}) };
  };
}

/**
 * Every call has a decision, every ask an outcome, every effect a permit and a receipt, and no more was permitted than the ticket
 * allows. What needs histories or public keys is checked by a replay.
 */
async function complianceFindings(
  store: Store,
  { workflowId, runEpoch, limits }: Pick<RunRow, 'workflowId' | 'runEpoch'> & Pick<TicketBody, 'limits'>,
  input: CloseRunInput,
): Promise<Finding[]> {
  const decisions = await store.listDecisions(workflowId);
  const decided = new Set(decisions.map((decision) => decision.body.callKey));
  const permits = decisions.filter(({ body }) => body.verdict === 'allow');
  const executed = permits.filter(({ body }) => body.purpose === 'execute');
  const calls = new Set(executed.map(({ body }) => callAndTry(body.callKey, body.try))).size;
  const undecided = input.calls.filter(({ callKey }) => !decided.has(callKey) && !isBeyondTurn(callKey));
  // What was asked before a reset is void: the epoch says so, and nobody can answer it. A run that is cancelled or fails withdraws
  // what it asked by ending, also where its gate was held and could not say so: replay looks at the history for that.
  const stored = await store.listAsks({ open: true, workflowId, limit: askPage });
  const open = withdrawing.has(input.outcome) ? [] : stored.filter((ask) => ask.runEpoch === runEpoch);
  return [
    ...undecided.map((call) => finding('call-without-decision', `call ${call.callKey} has no decision`)),
    ...open.map((ask) => finding('ask-without-outcome', `request ${ask.approvalId} was still open`)),
    ...(await effectFindings(store, workflowId, new Set(permits.map((permit) => digestJson('decision', permit))))),
    ...(calls > limits.callsPerRun
      ? [finding('limit-exceeded', `${calls} calls were permitted, expected at most ${limits.callsPerRun}`)]
      : []),
  ];
}

/** By the ledger, in which each start of an effect and each receipt stands since the moment it came to be. */
async function effectFindings(store: Store, workflowId: string, permits: ReadonlySet<string>): Promise<Finding[]> {
  const { started, known } = await effectsInLedger(store, workflowId);
  return [...started].flatMap(([effect, permitDigest]) => [
    ...(permits.has(permitDigest)
      ? []
      : [finding('effect-without-permit', `${effect} was started, and no decision of this run permits it`)]),
    ...(known.has(effect) ? [] : [finding('effect-without-receipt', `${effect} was started and has no receipt`)]),
  ]);
}

async function effectsInLedger(store: Store, workflowId: string) {
  const started = new Map<string, string>();
  const known = new Set<string>();
  for (let after = 0; ; ) {
    const entries = await store.listLedger({ workflowId, after, limit: ledgerPage });
    for (const { kind, callKey, body } of entries) {
      const intent = kind === 'intent' ? intentSchema.safeParse(body).data : undefined;
      if (intent) started.set(callAndTry(callKey ?? '', intent.try), intent.permitDigest);
      const receipt = kind === 'receipt' ? receiptSchema.safeParse(body).data?.receipt.body : undefined;
      if (receipt) known.add(callAndTry(receipt.callKey, receipt.try));
    }
    const last = entries.at(-1);
    if (!last || entries.length < ledgerPage) return { started, known };
    after = last.sequence;
  }
}

/** The run refuses by itself what lies behind the most calls that a turn may have; whatever started all the same is in the ledger. */
function isBeyondTurn(callKey: string): boolean {
  return Number(callKeyPattern.exec(callKey)?.[3] ?? 0) >= mostCallsPerTurn;
}

function callAndTry(callKey: string, number: number): string {
  return `call ${callKey}, try ${number},`;
}

function finding(rule: string, message: string): Finding {
  const remedy = 'hold a postmortem: "countersign replay" shows what was decided, done and recorded of it';
  return { guard: complianceGuard, rule, severity: 'high', message, remedy };
}

function currentExecution(): { workflowId: string; linkRunId: string } | undefined {
  const execution = Context.current().info.workflowExecution;
  return execution && { workflowId: execution.workflowId, linkRunId: execution.runId };
}
