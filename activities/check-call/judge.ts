/**
 * Steps 4 to 6 of the gate: denials that stand, labels, guards, then the stricter of the pinned and the active policy.
 * Nothing here signs or records; it says what the rules say.
 */
import type { CheckCallInput, Hold } from '../../core/contracts/activities.ts';
import type { ApprovalTerms } from '../../core/contracts/approval.ts';
import type { RuleHit } from '../../core/contracts/decision.ts';
import type { Finding, Label, Risk } from '../../core/contracts/labels.ts';
import {
  type CompiledPolicy,
  decideByPolicy,
  type PolicyInput,
  type PolicyVerdict,
  stricterVerdict,
} from '../../policy/index.ts';
import type { Denial } from '../../store/store.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import { verifyVote } from '../verify-votes.ts';
import { strictestDefaultTerms } from './default-terms.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { weighFindings } from './weigh-findings.ts';
import { effectOfCall } from './effect-of-call.ts';
import type { Standing } from './standing.ts';

export interface Judgement {
  kind: 'judgement';
  verdict: 'allow' | 'ask' | 'deny';
  rules: RuleHit[];
  risk: Risk;
  terms: ApprovalTerms | undefined;
  findings: Finding[];
  labels: Label[];
  activePolicyDigest: string;
  policies: CompiledPolicy[];
  limits: { callsPerRun: number; callsPerTurn: number };
}

export interface ParsedCall {
  tool: RegisteredTool;
  canonical: string;
  value: Readonly<Record<string, unknown>>;
  argumentsDigest: string;
}

/** A refusal that needs no policy: the rule's id and its reason. */
export interface GateRefusal {
  kind: 'gate-refusal';
  rule: string;
  reason: string;
  findings: Finding[];
}

export async function judgeCall(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
  ownNonce: string | null,
): Promise<Judgement | GateRefusal | Hold> {
  const { ticket, state } = standing;
  const denials = standingDenials(dependencies, standing).filter((denial) => denial.nonce !== ownNonce);
  if (ticket.dryRun && input.purpose === 'execute' && call.tool.definition.effect !== 'read') {
    return gateRefusal('dry-run', 'this run is a dry run: effects are only described');
  }
  const same = denials.find((denial) => denial.tool === input.tool && denial.argumentsDigest === call.argumentsDigest);
  if (same) return gateRefusal('denied-before', 'a person denied this same call in this run');
  if (state.openFences.length > 0 && call.tool.definition.effect !== 'read') {
    return { kind: 'hold', code: 'earlier-effect-open', reason: 'an earlier effect of this run is not settled' };
  }
  const { definition } = call.tool;
  const findings = await dependencies.checkArguments(call.canonical, { definition, args: call.value });
  if (holdsSecret(findings)) return secretInArguments(findings);
  const { policies } = dependencies;
  const pinned = await policies.policyByDigest(ticket.policyDigest);
  const activeDigest = (await policies.activePolicyDigest(ticket.agent)) ?? ticket.policyDigest;
  const active = await policies.policyByDigest(activeDigest);
  if (!pinned || !active)
    return gateRefusal('policy-missing', 'the policy of this run is missing or does not load', findings);
  const labels = contextLabels(standing);
  const asked = activeDigest === ticket.policyDigest ? [pinned] : [pinned, active];
  const facts = policyInput(standing, input, call, labels, findings, denials.length);
  const verdict = asked.map((policy) => decideByPolicy(policy, facts)).reduce(stricterVerdict);
  return {
    kind: 'judgement',
    ...weighFindings(askAgainAfterFirstTry(input, call, verdict, asked), findings, definition.effect, asked),
    findings,
    labels,
    activePolicyDigest: activeDigest,
    policies: asked,
    limits: limitsOf(standing, asked),
  };
}

export function holdsSecret(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.guard === 'secrets');
}

export function secretInArguments(findings: Finding[]): GateRefusal {
  return gateRefusal('secret-in-arguments', 'the arguments contain a secret; use a named credential', findings);
}

export function gateRefusal(rule: string, reason: string, findings: Finding[] = []): GateRefusal {
  return { kind: 'gate-refusal', rule, reason, findings };
}

/** Denials recorded by the gate, and stored votes that say no although no gate has seen them yet. */
function standingDenials(dependencies: CheckCallDependencies, standing: Standing): Denial[] {
  const voted = standing.state.denialVotes.filter(({ vote }) => verifyVote(dependencies, vote).kind === 'valid');
  const byNonce = new Map([...voted, ...standing.state.denials].map((denial) => [denial.nonce, denial]));
  return [...byNonce.values()];
}

/** Labels the model's context carries: what it was given and what it read in turns before this one. */
function contextLabels(standing: Standing): Label[] {
  const { ticket, state } = standing;
  const labels = new Set<Label>([...ticket.inputLabels, ...state.labels]);
  // Its result may have reached the model although the receipt is not here.
  if (state.permitWithoutReceipt) labels.add('untrusted');
  return [...labels].toSorted();
}

/** `effect`: a further try always asks, even where the first one needed nobody (contracts.md §4). */
function askAgainAfterFirstTry(
  input: CheckCallInput,
  call: ParsedCall,
  verdict: PolicyVerdict,
  policies: CompiledPolicy[],
): Pick<Judgement, 'verdict' | 'rules' | 'risk' | 'terms'> {
  const judged = { verdict: verdict.verdict, rules: verdict.rules, risk: verdict.risk, terms: verdict.terms };
  if (input.try === 1 || call.tool.definition.effect !== 'effect' || verdict.verdict !== 'allow') return judged;
  const terms = strictestDefaultTerms(policies);
  const reason = 'an earlier try of this effect was in doubt: trying again needs a person';
  const effect = terms ? 'ask' : 'deny';
  return { ...judged, verdict: effect, rules: [...judged.rules, { id: 'further-try', effect, reason }], terms };
}

function policyInput(
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
  labels: Label[],
  findings: Finding[],
  denials: number,
): PolicyInput {
  const { ticket, state, run } = standing;
  const { name, risk, tags } = call.tool.definition;
  // A later pass of a call that was admitted is not one call more.
  const counted = state.admitted.thisCallAndTry ? 1 : 0;
  return {
    principal: { id: ticket.principal, roles: ticket.roles },
    onBehalfOf: ticket.onBehalfOf,
    tool: { name, effect: effectOfCall(call), risk, tags },
    args: call.value,
    run: {
      agent: ticket.agent,
      turn: input.turn,
      calls: state.admitted.run - counted,
      callsInTurn: state.admitted.turn - counted,
      dryRun: ticket.dryRun,
      epoch: run.runEpoch,
    },
    environment: ticket.environment,
    labels,
    findings: findings.map(({ guard, severity }) => ({ guard, severity })),
    denials,
    now: standing.now,
  };
}

function limitsOf(standing: Standing, policies: CompiledPolicy[]): Judgement['limits'] {
  const { limits } = standing.ticket;
  return {
    callsPerRun: Math.min(
      limits.callsPerRun,
      ...policies.map((policy) => policy.limits.callsPerRun ?? Number.MAX_SAFE_INTEGER),
    ),
    callsPerTurn: Math.min(
      limits.callsPerTurn,
      ...policies.map((policy) => policy.limits.callsPerTurn ?? Number.MAX_SAFE_INTEGER),
    ),
  };
}
