/**
 * The scope of a grant: why it does not cover a call, as a pure question over signed facts. Whether the grant stands (its
 * votes) and has uses left is asked elsewhere. Whatever is unsure is not covered, and people are asked.
 */
import type { ApprovalTerms } from '../contracts/approval.ts';
import type { Grant } from '../contracts/grant.ts';
import { type Label, type Risk, riskSchema } from '../contracts/labels.ts';
import { whyOtherArguments } from './match-arguments.ts';

/** A call that the policy asks about, as the gate judges it now. */
export interface AskedCall {
  workflowId: string;
  runEpoch: number;
  agent: string;
  environment: string;
  tool: { name: string; definitionDigest: string };
  arguments: Readonly<Record<string, unknown>>;
  try: number;
  /** Ids of the rules that ask. */
  rules: readonly string[];
  labels: readonly Label[];
  risk: Risk;
  /** The strictest that hold now. */
  terms: Pick<ApprovalTerms, 'grants'>;
  now: number;
}

/**
 * Rules by which the engine and the gate ask because of what happened in this run, or of what a guard saw in this very call:
 * nobody who approved a pattern has looked at that.
 */
const alwaysAsk = ['after-denial', 'new-epoch', 'further-try', 'guard-asks'] as const;

/** Such a rule among these, from whatever layer; undefined: none. */
export function ruleThatAlwaysAsks(rules: readonly string[]): string | undefined {
  return rules.find((id) => alwaysAsk.some((own) => id === own || id.endsWith(`/${own}`)));
}

export function whyNotCovered(grant: Grant, call: AskedCall): string | undefined {
  if (call.now > grant.expiresAt) return 'it has expired';
  if (call.now < grant.grantedAt - clockBoundMs) return 'it is not valid yet';
  return whyOtherCall(grant, call) ?? whyNotAllowed(grant, call);
}

/** Two machines' clocks may differ by this, ms. */
const clockBoundMs = 10_000;

function whyOtherCall(grant: Grant, call: AskedCall): string | undefined {
  if (grant.tool.name !== call.tool.name) return 'it is for another tool';
  if (grant.tool.definitionDigest !== call.tool.definitionDigest) return 'the tool was changed since';
  if (grant.agent !== call.agent) return 'it is for another agent';
  if (grant.environment !== call.environment) return 'it is for another environment';
  if (grant.scope === 'run' && grant.request.workflowId !== call.workflowId) return 'it is for another run';
  // A reset voids what was approved before, and everything asks for the rest of the run.
  if (call.runEpoch !== 0) return 'the run was reset';
  if (call.try !== 1) return 'an earlier try of this call is in doubt';
  return whyOtherArguments(grant.arguments, call.arguments);
}

function whyNotAllowed(grant: Grant, call: AskedCall): string | undefined {
  const always = ruleThatAlwaysAsks(call.rules);
  if (always !== undefined) return `rule "${always}" always asks`;
  const other = call.rules.find((id) => !grant.rules.includes(id));
  if (other !== undefined) return `rule "${other}" asks, too`;
  if (call.rules.length === 0) return 'no rule asks';
  const label = call.labels.find((one) => !grant.labels.includes(one));
  if (label !== undefined) return `its context is labelled "${label}"`;
  if (isAbove(call.risk, grant.risk)) return `its risk is ${call.risk}`;
  return whyNotWithin(grant, call);
}

/** What the policy allows now: a grant that was given under looser terms does not apply. */
function whyNotWithin(grant: Grant, { terms, risk }: AskedCall): string | undefined {
  const cap = terms.grants;
  if (!cap) return 'its terms allow no grants';
  if (grant.scope === 'agent' && cap.scope !== 'agent') return 'its terms allow grants for one run alone';
  if (isAbove(risk, cap.risk)) return `its terms allow grants up to risk ${cap.risk}`;
  if (grant.uses > cap.uses) return `its terms allow ${cap.uses} uses`;
  return grant.expiresAt - grant.grantedAt > cap.ttlMs ? 'its terms allow a shorter time' : undefined;
}

function isAbove(risk: Risk, ceiling: Risk): boolean {
  return riskSchema.options.indexOf(risk) > riskSchema.options.indexOf(ceiling);
}
