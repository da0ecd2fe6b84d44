/**
 * The end of a run (afterAgent): asks the guards about its answer, checks that the store's record is whole and notes the end. It
 * is started with input that anybody could forge, so it believes only the store about what was decided and done.
 */
import { Context } from '@temporalio/activity';
import { type CloseRunInput, type CloseRunResult, linkNotOpen } from '../core/contracts/activities.ts';
import type { Finding } from '../core/contracts/labels.ts';
import type { Clock } from '../core/clock.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import type { Store } from '../store/store.ts';
import type { PointResult } from './check-point.ts';

export interface CloseRunDependencies {
  store: Store;
  clock: Clock;
  /** The afterAgent guards over the run's answer, as the policies that it pinned set them. */
  checkAnswer(text: string, ticket: TicketBody): Promise<PointResult>;
  readExecution?: () => { workflowId: string; linkRunId: string } | undefined;
}

const askPage = 1000;

export function createCloseRun(dependencies: CloseRunDependencies): (input: CloseRunInput) => Promise<CloseRunResult> {
  return async (input) => {
    const execution = (dependencies.readExecution ?? currentExecution)();
    if (!execution) return { findings: [finding('not-a-run', 'it was not started by a workflow')] };
    const { workflowId, linkRunId } = execution;
    const run = await dependencies.store.getRun(workflowId);
    if (run?.lastLinkRunId !== linkRunId)
      return { findings: [finding(linkNotOpen, 'this link is not the open one of its run')] };
    const guarded = await dependencies.checkAnswer(String(input.text ?? ''), run.ticket.body);
    const findings = await complianceFindings(dependencies.store, workflowId, input);
    const { refusal } = guarded;
    const outcome = refusal ? 'refused' : input.outcome;
    await dependencies.store.closeRun({ workflowId, linkRunId, outcome, now: dependencies.clock.now() });
    return { findings: [...findings, ...guarded.findings], ...(refusal ? { refusal } : {}) };
  };
}

/** Every call has a decision, every ask an outcome. */
async function complianceFindings(store: Store, workflowId: string, input: CloseRunInput): Promise<Finding[]> {
  const decided = new Set((await store.listDecisions(workflowId)).map((decision) => decision.body.callKey));
  const undecided = input.calls.filter((call) => !decided.has(call.callKey));
  const open = await store.listAsks({ open: true, workflowId, limit: askPage });
  return [
    ...undecided.map((call) => finding('call-without-decision', `call ${call.callKey} has no decision`)),
    ...open.map((ask) => finding('ask-without-outcome', `request ${ask.approvalId} was still open`)),
  ];
}

function finding(rule: string, message: string): Finding {
  return { guard: 'compliance', rule, severity: 'high', message };
}

function currentExecution(): { workflowId: string; linkRunId: string } | undefined {
  const execution = Context.current().info.workflowExecution;
  return execution && { workflowId: execution.workflowId, linkRunId: execution.runId };
}
