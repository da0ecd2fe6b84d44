/**
 * From a judgement to a signed decision: a first pass (allow, ask or deny) and the passes after an ask. Only `allow` below
 * makes a permit, and only for the exact activity that it names.
 */
import type { CheckCallInput, CheckCallResult } from '../../core/contracts/activities.ts';
import type { Outcome, SignedVote } from '../../core/contracts/approval.ts';
import type { DecisionBody, PermitBody, RuleHit } from '../../core/contracts/decision.ts';
import { activityIdOf, approvalIdOf } from '../../core/contracts/call-names.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { buildCard, maximumCardArguments } from '../../core/card/build-card.ts';
import { digestJson } from '../../core/digest.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Judgement, ParsedCall } from './judge.ts';
import { forWorkflow, positionOf } from './position.ts';
import {
  type DecisionExtras,
  decided,
  noExtras,
  type OverLimit,
  signAndRecord,
  signAndRecordRefusal,
} from './record-decision.ts';
import type { Standing } from './standing.ts';
import { type OwnAsk, weighVotes } from './weigh-votes.ts';

export interface Gating {
  dependencies: CheckCallDependencies;
  standing: Standing;
  input: CheckCallInput;
  call: ParsedCall;
  judgement: Judgement;
}

/** First pass of a request, or of a call that needs none. */
export async function decideFresh(gating: Gating): Promise<CheckCallResult> {
  const { judgement, input } = gating;
  if (judgement.verdict === 'deny') return await denyBy(gating, [], null);
  // Looking at the target or describing a dry run is gated as a read: what would only be asked about may be looked at.
  const looking = input.purpose === 'target-state' || input.purpose === 'dry-run';
  if (judgement.verdict === 'allow' || looking) return await allow(gating, null, []);
  return await ask(gating, 'call');
}

/** A later pass: what the votes on its own ask came to, under the rules as they are now. */
export async function decideAsk(gating: Gating, own: OwnAsk): Promise<CheckCallResult> {
  const { dependencies, standing, input, judgement } = gating;
  const { nonce, approvalId } = own.body.ask;
  if (judgement.verdict === 'deny') return await denyBy(gating, [], { nonce, outcome: 'superseded' });
  const weighed = await weighVotes(dependencies, standing, judgement, own, input.votes);
  switch (weighed.kind) {
    case 'still-open':
      return weighed;
    case 'expired':
      return await denyBy(
        gating,
        [gateRule('approval-expired', 'nobody with the right to approve did so before the deadline')],
        { nonce, outcome: 'expired' },
      );
    case 'denied':
      return await denyBy(gating, [gateRule('denied-by-person', denialText(weighed.by))], { nonce, outcome: 'denied' });
    case 'approved':
      if (standing.now > weighed.executeByAt) {
        return await denyBy(gating, [gateRule('approval-stale', 'the approval was not used in time')], {
          nonce,
          outcome: 'superseded',
        });
      }
      return await allow(
        gating,
        {
          approvalId,
          nonce,
          askDigest: own.digest,
          voteDigests: weighed.voteDigests,
          executeByAt: weighed.executeByAt,
        },
        weighed.votes,
      );
  }
}

export async function allow(
  gating: Gating,
  approval: PermitBody['approval'],
  votes: SignedVote[],
): Promise<CheckCallResult> {
  const { dependencies, standing, input, call, judgement } = gating;
  const named = { ...input, callKey: standing.callKey, tool: input.tool, argumentsDigest: call.argumentsDigest };
  const body: DecisionBody = {
    ...commonBody(gating, []),
    verdict: 'allow',
    activityId: activityIdOf(named),
    taskQueue: standing.ticket.taskQueues.tools,
    targetStateDigest: targetState(standing, input.try),
    approval,
    ...(readsInDryRun(gating) ? { dryRunRead: true as const } : {}),
  };
  const lifeEnd = standing.now + dependencies.bounds.permitLifeMs;
  const extras: DecisionExtras = {
    ...noExtras,
    admit: input.purpose === 'execute' || readsInDryRun(gating) ? judgement.limits : null,
    closes: approval ? { nonce: approval.nonce, outcome: 'approved', at: standing.now } : null,
  };
  const expiresAt = approval ? Math.min(lifeEnd, approval.executeByAt) : lifeEnd;
  const recorded = await signAndRecord(dependencies, standing, input, body, extras, expiresAt);
  if (recorded.kind === 'over-limit') return await overLimit(gating, recorded);
  if (recorded.kind !== 'decision') return recorded;
  return decided(recorded.decision, forWorkflow(call.tool, call.canonical), votes);
}

/** Signs an ask: nonce, terms, deadline and card become what approvers answer. */
export async function ask(gating: Gating, kind: 'call' | 'reconcile'): Promise<CheckCallResult> {
  const { dependencies, standing, input, call, judgement } = gating;
  const { terms } = judgement;
  if (!terms || terms.approvers.roles.length + terms.approvers.principals.length === 0) {
    return await denyBy(
      gating,
      [gateRule('no-eligible-approver', 'nobody could approve this')],
      null,
      'no-eligible-approver',
    );
  }
  const approvalId = approvalIdOf(standing.callKey, input.round);
  const deadlineAt = standing.now + terms.deadlineMs;
  const { definition } = call.tool;
  const { blastRadius, undo } = definition;
  // What the card cuts, approvers open by this digest; the gate alone has the whole before anything runs.
  const isCut = call.canonical.length > maximumCardArguments;
  const argumentsBody = isCut ? await dependencies.store.putBody(call.canonical) : undefined;
  const card = buildCard({
    approvalId,
    kind,
    agent: standing.ticket.agent,
    tool: definition.name,
    toolDescription: definition.description,
    effect: definition.effect,
    arguments: call.canonical,
    argumentsDigest: call.argumentsDigest,
    ...(argumentsBody === undefined ? {} : { argumentsBody }),
    requester: standing.ticket.principal,
    onBehalfOf: standing.ticket.onBehalfOf,
    environment: standing.ticket.environment,
    risk: judgement.risk,
    rules: judgement.rules.filter((rule) => rule.effect !== 'allow').map(({ id, reason }) => ({ id, reason })),
    findings: judgement.findings,
    labels: judgement.labels,
    targetState: targetState(standing, input.try),
    ...(blastRadius === undefined ? {} : { blastRadius }),
    ...(undo === undefined ? {} : { undo }),
    deadlineAt,
    executeWithinMs: terms.executeWithinMs,
  });
  const body: DecisionBody = {
    ...commonBody(gating, []),
    verdict: 'ask',
    ...(judgement.approverPolicies ? { approverPolicies: judgement.approverPolicies } : {}),
    ask: {
      nonce: input.nonce,
      approvalId,
      kind,
      callKeys: [standing.callKey],
      terms,
      termsDigest: digestJson('terms', terms),
      cardDigest: digestJson('card', card),
      askedAt: standing.now,
      deadlineAt,
      executeWithinMs: terms.executeWithinMs,
    },
  };
  const before = input.ask?.body.verdict === 'ask' ? input.ask.body.ask.nonce : null;
  const extras: DecisionExtras = {
    ...noExtras,
    ask: { card: canonicalJson(card) },
    admit: kind === 'call' ? judgement.limits : null,
    // Only the list of open requests reads this: what may be approved is decided from the signed ask.
    closes: before ? { nonce: before, outcome: 'superseded', at: standing.now } : null,
  };
  const recorded = await signAndRecord(dependencies, standing, input, body, extras);
  if (recorded.kind === 'over-limit') return await overLimit(gating, recorded);
  if (recorded.kind !== 'decision') return recorded;
  return decided(recorded.decision, forWorkflow(call.tool, call.canonical));
}

export async function denyBy(
  gating: Gating,
  rules: RuleHit[],
  closes: { nonce: string; outcome: Outcome } | null,
  outcome: Outcome | null = null,
): Promise<CheckCallResult> {
  const { dependencies, standing, input, call } = gating;
  const body: DecisionBody = {
    ...commonBody(gating, rules),
    verdict: 'deny',
    nonce: closes?.nonce ?? null,
    outcome: closes?.outcome ?? outcome,
  };
  const denial =
    closes?.outcome === 'denied'
      ? { tool: input.tool, argumentsDigest: call.argumentsDigest, nonce: closes.nonce }
      : null;
  const extras = { ...noExtras, closes: closes ? { ...closes, at: standing.now } : null, denial };
  const recorded = await signAndRecordRefusal(dependencies, standing, input, body, extras);
  if (recorded.kind !== 'decision') return recorded;
  return decided(recorded.decision, forWorkflow(call.tool, call.canonical));
}

async function overLimit(gating: Gating, over: OverLimit): Promise<CheckCallResult> {
  if (over.limit === 'counter') {
    const { rule, limit } = over.counter;
    return await denyBy(gating, [gateRule(rule, `the limit of ${limit} calls is reached`)], null);
  }
  const id = over.limit === 'callsPerRun' ? 'limit-calls-per-run' : 'limit-calls-per-turn';
  return await denyBy(
    gating,
    [gateRule(id, `the limit of ${gating.judgement.limits[over.limit]} calls is reached`)],
    null,
  );
}

/** A read in a dry run runs where every policy says so and none asks about it. */
function readsInDryRun({ input, call, judgement }: Gating): boolean {
  return (
    input.purpose === 'dry-run' &&
    judgement.verdict === 'allow' &&
    judgement.dryRunReads === true &&
    call.tool.definition.effect === 'read'
  );
}

export function gateRule(id: string, reason: string): RuleHit {
  return { id, effect: 'deny', reason: reason.slice(0, 500) };
}

function denialText(vote: SignedVote): string {
  const { principal, reason } = vote.body;
  return reason ? `${principal} denied it: ${reason}` : `${principal} denied it`;
}

function commonBody(gating: Gating, first: RuleHit[]) {
  const { dependencies, standing, input, call, judgement } = gating;
  return {
    ...positionOf(standing, input, dependencies.buildId),
    tool: { name: input.tool, definitionDigest: call.tool.definitionDigest },
    argumentsDigest: call.argumentsDigest,
    labels: judgement.labels,
    rules: [...first, ...judgement.rules],
    findings: judgement.findings,
    risk: judgement.risk,
    activePolicyDigest: judgement.activePolicyDigest,
    ...(judgement.layers ? { layers: judgement.layers } : {}),
    ...(judgement.shadow ? { shadow: judgement.shadow } : {}),
  };
}

/** What was read of the target before anybody was asked: the same must still be there when the effect starts. */
export function targetState(standing: Standing, tryNumber: number): string | null {
  return (
    standing.state.targetStates.findLast((receipt) => receipt.body.try === tryNumber)?.body.targetStateDigest ?? null
  );
}
