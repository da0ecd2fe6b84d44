/** The parts of every decision body that only say whose and which it is. */
import type { CheckCallInput, Decided } from '../../core/contracts/activities.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import type { Standing } from './standing.ts';

export function positionOf(standing: Standing, input: CheckCallInput, buildId: string) {
  return {
    workflowId: standing.caller.workflowId,
    linkRunId: standing.caller.linkRunId,
    runEpoch: standing.run.runEpoch,
    freezeEpoch: standing.freeze.epoch,
    callKey: standing.callKey,
    try: input.try,
    pass: input.pass,
    purpose: input.purpose,
    principal: standing.ticket.principal,
    policyDigest: standing.ticket.policyDigest,
    buildId,
    previousDecision: input.previousDecision,
  };
}

/** What the workflow needs to know of the call to schedule it. */
export function forWorkflow(tool: RegisteredTool, canonical: string): Pick<Decided, 'arguments' | 'tool'> {
  const { effect, startToCloseMs, hasProbe, hasTargetState } = tool.definition;
  return { arguments: canonical, tool: { effect, startToCloseMs, hasProbe, hasTargetState } };
}
