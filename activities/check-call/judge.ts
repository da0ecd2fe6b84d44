/**
 * Steps 4 to 6 of the gate: denials that stand, labels, guards, then the strictest of every layer's pinned and active policy.
 * Nothing here signs or records; it says what the rules say.
 */
import type { CheckCallInput, Hold } from '../../core/contracts/activities.ts';
import type { ApprovalTerms, RiskOrigin } from '../../core/contracts/approval.ts';
import type { LayerVerdict, RuleHit, ShadowVerdict } from '../../core/contracts/decision.ts';
import type { Finding, Label, Risk } from '../../core/contracts/labels.ts';
import {
  type CompiledPolicy,
  countersOf,
  decideByLayers,
  type GuardSettings,
  guardSettings,
  layerLabel,
  type LayerPolicy,
  type PolicyInput,
  type PolicyVerdict,
  quotasOf,
  riskOrigins,
  trustsResults,
  usualGuardSettings,
} from '../../policy/index.ts';
import { guardFailedRule } from '../../guards/index.ts';
import type { AskQuota } from '../../store/ask-quotas.ts';
import type { DecisionRecord, Denial } from '../../store/store.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import { verifyVote } from '../verify-votes.ts';
import { strictestDefaultTerms } from './default-terms.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { effectOfCall } from './effect-of-call.ts';
import { approverLayers, readPolicies, recordedLayers } from './read-policies.ts';
import { readTarget } from './read-target.ts';
import type { Standing } from './standing.ts';

export interface Judgement {
  kind: 'judgement';
  verdict: 'allow' | 'ask' | 'deny';
  rules: RuleHit[];
  risk: Risk;
  /** Absent: not looked for. */
  riskFrom?: RiskOrigin[];
  terms: ApprovalTerms | undefined;
  findings: Finding[];
  labels: Label[];
  activePolicyDigest: string;
  /** By whose roles approvers are judged. */
  policies: CompiledPolicy[];
  limits: NonNullable<DecisionRecord['admit']>;
  /** Of approval requests. Absent: none. */
  quotas?: readonly AskQuota[];
  /** Absent where there are no layers above the pack's. */
  layers?: LayerVerdict[];
  shadow?: ShadowVerdict[];
  approverPolicies?: string[];
  /** Of every policy that was asked, pinned and active. Absent: no policy was. */
  inForce?: {
    digests: string[] /** What people would be asked under at a time, ms; undefined: nobody would be asked. */;
    termsAt(at: number): ApprovalTerms | undefined;
  };
  /** Whether reads run in a dry run. */
  dryRunReads?: boolean;
  /** Whether what the tool gives back is trusted. */
  trustsResult?: boolean;
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
  const asked = await readPolicies({ policies: dependencies.policies.asOf(standing.orders) }, ticket);
  const settings = asked.kind === 'policies' ? settingsOf(asked.enforced) : usualGuardSettings;
  const guarded = await dependencies.checkArguments(call.canonical, { definition, args: call.value }, settings);
  const refusal = refusedByGuards(guarded, settings);
  if (refusal) return refusal;
  if (asked.kind === 'missing') return gateRefusal(asked.rule, asked.reason, guarded);
  const labels = contextLabels(standing);
  const findings = [...guarded, ...(await untrustedValues(dependencies, standing, input, labels, call))];
  const facts = await policyInput(dependencies, standing, input, call, {
    labels,
    findings,
    denials,
    reads: asked.enforced.some(({ policy }) => policy.readsTarget),
  });
  const layered = decideByLayers(asked.enforced, facts);
  const packs = asked.enforced.filter(({ layer }) => layer === 'pack').map(({ policy }) => policy);
  return {
    kind: 'judgement',
    ...askAgainAfterFirstTry(standing, input, call, layered.verdict, packs),
    riskFrom: riskOrigins(
      asked.enforced.map(({ policy }) => policy),
      facts,
    ),
    findings,
    labels,
    activePolicyDigest: asked.activeDigest,
    policies: approverLayers(layered).map(({ policy }) => policy),
    limits: limitsOf(standing, asked.enforced, call),
    quotas: quotasFor(standing, asked.enforced, call),
    ...recordedLayers(asked, layered, facts),
    inForce: {
      digests: asked.enforced.map(({ digest }) => digest),
      termsAt: (at) => {
        const { verdict } = decideByLayers(asked.enforced, { ...facts, now: at });
        return askAgainAfterFirstTry({ ...standing, now: at }, input, call, verdict, packs).terms;
      },
    },
    dryRunReads: asked.enforced.every(({ policy }) => policy.dryRunReads === 'run'),
    trustsResult: asked.enforced.every(({ policy }) => trustsResults(policy, definition.name)),
  };
}

/** What no policy weighs: a guard that failed has not looked, and a secret in arguments would be recorded for good. */
export function refusedByGuards(
  findings: Finding[],
  settings: GuardSettings = usualGuardSettings,
): GateRefusal | undefined {
  const counted = findings.filter(({ guard }) => settings.offBecause(guard) === undefined);
  const failed = counted.find(({ rule }) => rule === guardFailedRule);
  if (failed) return gateRefusal('guard-failed', `guard ${failed.guard} did not look: ${failed.message}`, findings);
  // A mark stands where a value was taken out: whoever is told that secrets do not matter still has only half of it.
  const torn = findings.some(({ guard, rule }) => guard === 'secrets' && rule === 'redacted');
  if (!torn && !counted.some(({ guard }) => guard === 'secrets')) return undefined;
  return gateRefusal('secret-in-arguments', 'the arguments contain a secret; use a named credential', findings);
}

function settingsOf(enforced: readonly LayerPolicy[]): GuardSettings {
  return guardSettings(enforced.map(({ policy }) => policy));
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

/** A hint on the card, and nothing to the verdict. What read nothing untrusted costs nothing. */
async function untrustedValues(
  { untrustedTexts }: CheckCallDependencies,
  { caller: { workflowId }, run: { runEpoch }, state }: Standing,
  { turn }: CheckCallInput,
  labels: readonly Label[],
  call: ParsedCall,
): Promise<Finding[]> {
  if (!untrustedTexts || !labels.includes('untrusted')) return [];
  const isSettled = !state.permitWithoutReceipt;
  return await untrustedTexts.find({ workflowId, runEpoch, turn, isSettled }, call.value);
}

/** `effect`: a further try always asks, even where the first one needed nobody (contracts.md §4). */
function askAgainAfterFirstTry(
  { now }: Standing,
  input: CheckCallInput,
  call: ParsedCall,
  verdict: PolicyVerdict,
  policies: CompiledPolicy[],
): Pick<Judgement, 'verdict' | 'rules' | 'risk' | 'terms'> {
  const judged = { verdict: verdict.verdict, rules: verdict.rules, risk: verdict.risk, terms: verdict.terms };
  if (input.try === 1 || call.tool.definition.effect !== 'effect' || verdict.verdict !== 'allow') return judged;
  const terms = strictestDefaultTerms(policies, now);
  const reason = 'an earlier try of this effect was in doubt: trying again needs a person';
  const effect = terms ? 'ask' : 'deny';
  return { ...judged, verdict: effect, rules: [...judged.rules, { id: 'further-try', effect, reason }], terms };
}

interface Weighed {
  labels: Label[];
  findings: Finding[];
  denials: Denial[];
  /** Whether any condition reads the target. */
  reads: boolean;
}

async function policyInput(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
  { labels, findings, denials, reads }: Weighed,
): Promise<PolicyInput> {
  const { ticket, state, run } = standing;
  const { name, risk, tags } = call.tool.definition;
  // A later pass of a call that was admitted is not one call more.
  const counted = state.admitted.thisCallAndTry ? 1 : 0;
  const { callsByTool, usage, openRunsBefore } = state.counted;
  const target = reads ? await readTarget(dependencies, standing, input.try, call.argumentsDigest) : undefined;
  return {
    principal: { id: ticket.principal, roles: ticket.roles },
    onBehalfOf: ticket.onBehalfOf,
    tool: { name, effect: effectOfCall(call), risk, tags },
    args: call.value,
    argumentBytes: Buffer.byteLength(call.canonical),
    run: {
      agent: ticket.agent,
      turn: input.turn,
      calls: state.admitted.run - counted,
      callsInTurn: state.admitted.turn - counted,
      callsByTool: { ...callsByTool, [name]: Math.max(0, (callsByTool[name] ?? 0) - counted) },
      ageMs: Math.max(0, standing.now - run.openedAt),
      usage,
      depth: ticket.depth,
      openRunsBefore,
      deniedTools: [...new Set(denials.map(({ tool }) => tool))].toSorted(),
      dryRun: ticket.dryRun,
      epoch: run.runEpoch,
    },
    environment: ticket.environment,
    labels,
    findings: findings.map(({ guard, rule, severity, message }) => ({ guard, rule, severity, message })),
    ...(target ? { target } : {}),
    denials: denials.length,
    now: standing.now,
  };
}

function quotasFor({ ticket }: Standing, asked: readonly LayerPolicy[], call: ParsedCall): AskQuota[] {
  const { principal, onBehalfOf, workflowId } = ticket;
  const policies = asked.map((one) => ({ layer: layerLabel(one), policy: one.policy }));
  const requesters = [principal, ...(onBehalfOf === null ? [] : [onBehalfOf])];
  return quotasOf(policies, { workflowId, tool: call.tool.definition.name, requesters });
}

function limitsOf(standing: Standing, asked: readonly LayerPolicy[], call: ParsedCall): Judgement['limits'] {
  const { ticket, now } = standing;
  const { limits } = ticket;
  const policies = asked.map((one) => ({ layer: layerLabel(one), policy: one.policy }));
  const { principal, workflowId } = ticket;
  const counters = countersOf(policies, { principal, workflowId, tool: call.tool.definition.name });
  const lowest = (own: number, ofPolicy: (policy: CompiledPolicy) => number | undefined): number =>
    Math.min(own, ...asked.map(({ policy }) => ofPolicy(policy) ?? Number.MAX_SAFE_INTEGER));
  return {
    callsPerRun: lowest(limits.callsPerRun, (policy) => policy.limits.callsPerRun),
    callsPerTurn: lowest(limits.callsPerTurn, (policy) => policy.limits.callsPerTurn),
    counters: counters.map((counter) => ({ ...counter, at: now })),
  };
}
