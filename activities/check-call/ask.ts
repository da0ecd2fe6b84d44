/**
 * Signs an ask: nonce, terms, deadline and card become what approvers answer. Where nobody could make up the quorum it asks
 * the terms' fallback, and where these could not either it denies at once.
 */
import type { CheckCallResult } from '../../core/contracts/activities.ts';
import type { ApprovalTerms } from '../../core/contracts/approval.ts';
import { approvalIdOf } from '../../core/contracts/call-names.ts';
import type { DecisionBody } from '../../core/contracts/decision.ts';
import { isEmptySet } from '../../core/approver-set.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { buildCard, maximumCardArguments } from '../../core/card/build-card.ts';
import { digestJson } from '../../core/digest.ts';
import { describeEdits } from './edited-ask.ts';
import { coAuthorsOf, editsOfCall } from './edits.ts';
import { commonBody, denyBy, gateRule, type Gating, overLimit, targetState } from './gating.ts';
import { couldBeApproved } from './judge-votes.ts';
import { forWorkflow } from './position.ts';
import { type DecisionExtras, decided, noExtras, signAndRecord } from './record-decision.ts';

export async function ask(gating: Gating, kind: 'call' | 'reconcile'): Promise<CheckCallResult> {
  const { dependencies, standing, input, call, judgement } = gating;
  const edits = await editsOfCall(dependencies, standing, input.edit);
  const terms = await answerableTerms(gating, kind, coAuthorsOf(edits));
  if (!terms) {
    return await denyBy(
      gating,
      [gateRule('no-eligible-approver', 'not enough people who may approve this have a credential to vote with')],
      null,
      'no-eligible-approver',
    );
  }
  const edited = await describeEdits(gating, terms, kind, edits);
  if (!edited) {
    return await denyBy(gating, [gateRule('edit-lost', 'what the agent had asked for is not in the store')], null);
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
    targetState: targetState(standing, input.try, call.argumentsDigest),
    ...(blastRadius === undefined ? {} : { blastRadius }),
    ...(undo === undefined ? {} : { undo }),
    ...edited.card,
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
      ...edited.ask,
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

/** The terms as they are asked under; undefined where nobody could answer. */
async function answerableTerms(
  { dependencies, standing, judgement }: Gating,
  kind: 'call' | 'reconcile',
  coAuthors: readonly string[],
): Promise<ApprovalTerms | undefined> {
  if (!judgement.terms) return undefined;
  const { fallback, ...terms } = judgement.terms;
  const wanted = [terms, ...(fallback ? [{ ...terms, approvers: fallback }] : [])];
  for (const asked of wanted) {
    if (isEmptySet(asked.approvers) && !asked.escalation) continue;
    // What became of an effect is worth waiting for: somebody may be enrolled before the deadline.
    if (kind === 'reconcile') return asked;
    const { risk, policies } = judgement;
    const asking = { terms: asked, risk, policies, askedAt: standing.now, coAuthors };
    if (await couldBeApproved(dependencies, standing, asking)) return asked;
  }
  return undefined;
}
