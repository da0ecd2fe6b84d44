/** Refusals that the gate makes without the policy: signed and recorded as every decision is. */
import type { CheckCallInput, Decided, Hold, RunRefused } from '../../core/contracts/activities.ts';
import type { DecisionBody } from '../../core/contracts/decision.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { GateRefusal } from './judge.ts';
import { forWorkflow, positionOf } from './position.ts';
import { decided, noExtras, signAndRecordRefusal } from './record-decision.ts';
import type { Standing } from './standing.ts';

/** @param call null where the arguments never became a value; without `canonical` nothing of it goes back to the workflow */
export async function deny(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  refusal: GateRefusal,
  tool: RegisteredTool | null,
  call: { argumentsDigest: string | null; canonical?: string } | null,
): Promise<Decided | RunRefused | Hold> {
  const body: DecisionBody = {
    ...positionOf(standing, input, dependencies.buildId),
    tool: { name: input.tool.slice(0, 200).toWellFormed(), definitionDigest: tool?.definitionDigest ?? null },
    argumentsDigest: call?.argumentsDigest ?? null,
    labels: [],
    rules: [{ id: refusal.rule, effect: 'deny', reason: refusal.reason }],
    findings: refusal.findings,
    risk: tool?.definition.risk ?? 'low',
    activePolicyDigest: standing.ticket.policyDigest,
    verdict: 'deny',
    nonce: null,
    outcome: null,
  };
  const recorded = await signAndRecordRefusal(dependencies, standing, input, body, noExtras);
  if (recorded.kind !== 'decision') return recorded;
  return decided(recorded.decision, tool && call?.canonical !== undefined ? forWorkflow(tool, call.canonical) : null);
}
