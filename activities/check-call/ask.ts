/**
 * Signs an ask: nonce, terms, deadline and card become what approvers answer. Where nobody could make up the quorum it asks
 * the terms' fallback, and where these could not either it denies at once.
 */
import type { CheckCallResult } from '../../core/contracts/activities.ts';
import { type ApprovalTerms, type Card, mostRiskOrigins } from '../../core/contracts/approval.ts';
import { approvalIdOf } from '../../core/contracts/call-names.ts';
import { type AskBody, type DecisionBody, mostNamed } from '../../core/contracts/decision.ts';
import { requestersOf, type TicketBody } from '../../core/contracts/ticket.ts';
import { isEmptySet } from '../../core/approver-set.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { buildCard, maximumCardArguments } from '../../core/card/build-card.ts';
import { digestJson } from '../../core/digest.ts';
import { describeEdits, type EditsOfAsk } from './edited-ask.ts';
import { coAuthorsOf, editsOfCall } from './edits.ts';
import type { FullQuota } from '../../store/ask-quotas.ts';
import { commonBody, denyBy, dryRunOf, gateRule, type Gating, overLimit, readingOf, targetState } from './gating.ts';
import type { Judgement } from './judge.ts';
import { type CouldAnswer, whoCouldApprove } from './judge-votes.ts';
import { overQuotaRule } from './over-quota.ts';
import { forWorkflow } from './position.ts';
import {
  type DecisionExtras,
  decided,
  type FitsFewer,
  noExtras,
  type Recorded,
  signAndRecordAll,
} from './record-decision.ts';
import { siblingsToCover } from './siblings.ts';
import { toolWordsOf } from './tool-words.ts';

export async function ask(gating: Gating, kind: 'call' | 'reconcile'): Promise<CheckCallResult> {
  const { dependencies, standing, input } = gating;
  const edits = await editsOfCall(dependencies, standing, input.edit);
  const answerable = await answerableTerms(gating, kind, coAuthorsOf(edits));
  if (!answerable) {
    return await denyBy(
      gating,
      [
        gateRule(
          'no-eligible-approver',
          'not enough people who may approve this have a credential to vote with, and neither stand behind the run nor were enrolled by who does',
        ),
      ],
      null,
      'no-eligible-approver',
    );
  }
  // What a person made of one call is no word about the others.
  let others = kind === 'call' && edits.length === 0 ? await siblingsToCover(gating) : [];
  const edited = await describeEdits(gating, { kind, terms: answerable.terms, edits, others });
  if (!edited) {
    return await denyBy(gating, [gateRule('edit-lost', 'what the agent had asked for is not in the store')], null);
  }
  const said = kind === 'call' ? await whatToolSaid(gating) : {};
  for (;;) {
    const recorded = await recordAsk(gating, { kind, ...answerable, others, edited, said });
    if (recorded.kind === 'fits-fewer') {
      others = others.slice(0, recorded.fits);
      continue;
    }
    if (recorded.kind === 'over-limit') return await overLimit(gating, recorded);
    if (recorded.kind !== 'decision') return recorded;
    return decided(recorded.decision, forWorkflow(gating.call.tool, gating.call.canonical));
  }
}

interface Asked {
  kind: 'call' | 'reconcile';
  terms: ApprovalTerms;
  /** Who could answer. Absent: not looked for. */
  names?: CouldAnswer;
  /** Call keys of identical calls that the answer is for as well. */
  others: readonly string[];
  /** What it says of edits. */
  edited: EditsOfAsk;
  /** What the tool said before anybody is asked. */
  said: Pick<Card, 'target' | 'dryRun'>;
}

async function whatToolSaid({ dependencies, standing, input, call }: Gating): Promise<Asked['said']> {
  const target = readingOf(standing, input.try, call.argumentsDigest);
  const dryRun = dryRunOf(standing, input.try, call.argumentsDigest);
  return {
    ...(target ? { target: await toolWordsOf(dependencies, target) } : {}),
    ...(dryRun ? { dryRun: await toolWordsOf(dependencies, dryRun) } : {}),
  };
}

async function recordAsk(
  gating: Gating,
  { kind, terms, names, others, edited, said }: Asked,
): Promise<Recorded | FitsFewer> {
  const { dependencies, standing, input, call, judgement } = gating;
  const times = others.length === 0 ? {} : { times: others.length + 1 };
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
    ...times,
    tool: definition.name,
    toolDescription: definition.description,
    effect: definition.effect,
    arguments: call.canonical,
    argumentsDigest: call.argumentsDigest,
    ...(argumentsBody === undefined ? {} : { argumentsBody }),
    requester: standing.ticket.principal,
    onBehalfOf: standing.ticket.onBehalfOf,
    ...ownersOf(standing.ticket),
    environment: standing.ticket.environment,
    risk: judgement.risk,
    ...riskFromOf(judgement),
    // Whoever answers must see that a guard would have stopped it, had nobody switched that guard off.
    rules: judgement.rules
      .filter(({ effect, id }) => effect !== 'allow' || id.endsWith('guard-off'))
      .map(({ id, reason }) => ({ id, reason })),
    findings: judgement.findings,
    labels: judgement.labels,
    targetState: targetState(standing, input.try, call.argumentsDigest),
    ...said,
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
      callKeys: [standing.callKey, ...others],
      ...times,
      terms,
      termsDigest: digestJson('terms', terms),
      cardDigest: digestJson('card', card),
      askedAt: standing.now,
      deadlineAt,
      executeWithinMs: terms.executeWithinMs,
      ...edited.ask,
      ...couldAnswer(names),
    },
  };
  const before = input.ask?.body.verdict === 'ask' ? input.ask.body.ask.nonce : null;
  const refuse = (full: FullQuota): DecisionBody => ({
    ...commonBody(gating, [overQuotaRule(full, standing.now)]),
    verdict: 'deny',
    nonce: null,
    outcome: null,
  });
  const extras: DecisionExtras = {
    ...noExtras,
    ask: { card: canonicalJson(card) },
    admit: kind === 'call' ? judgement.limits : null,
    admitAlso: others,
    ...(kind === 'call' ? { quotas: { quotas: judgement.quotas ?? [], refuse } } : {}),
    // Only the list of open requests reads this: what may be approved is decided from the signed ask.
    closes: before ? { nonce: before, outcome: 'superseded', at: standing.now } : null,
  };
  return await signAndRecordAll(dependencies, standing, input, body, extras);
}

function riskFromOf({ riskFrom = [] }: Judgement): Pick<Card, 'riskFrom'> {
  return riskFrom.length === 0 ? {} : { riskFrom: riskFrom.slice(0, mostRiskOrigins) };
}

/** The first twenty: further ones are in the ticket, and none of them approves it. */
function ownersOf(ticket: TicketBody): Pick<Card, 'owners'> {
  const others = requestersOf(ticket).filter((one) => one !== ticket.principal && one !== ticket.onBehalfOf);
  return others.length === 0 ? {} : { owners: others.slice(0, 20) };
}

type NamedInAsk = Pick<AskBody['ask'], 'couldAnswer' | 'couldAnswerMore' | 'onlyByBreakGlass'>;

function couldAnswer(could: CouldAnswer | undefined): NamedInAsk {
  if (!could) return {};
  const named = could.names.slice(0, mostNamed);
  const more = could.names.length - mostNamed;
  const alone = could.onlyByBreakGlass.filter((name) => named.includes(name));
  return {
    couldAnswer: named,
    ...(more > 0 ? { couldAnswerMore: more } : {}),
    ...(alone.length > 0 ? { onlyByBreakGlass: alone } : {}),
  };
}

/** The terms as they are asked under; undefined where nobody could answer. */
async function answerableTerms(
  { dependencies, standing, judgement, call }: Gating,
  kind: 'call' | 'reconcile',
  coAuthors: readonly string[],
): Promise<Pick<Asked, 'terms' | 'names'> | undefined> {
  if (!judgement.terms) return undefined;
  const { fallback, breakGlass, ...usual } = judgement.terms;
  // A tool that demands people's votes gets as many; and what became of an effect is nobody's to decide alone.
  const isBreakable = kind === 'call' && call.tool.definition.votesDemanded === 0;
  const terms = { ...usual, ...(breakGlass && isBreakable ? { breakGlass } : {}) };
  const wanted = [terms, ...(fallback ? [{ ...terms, approvers: fallback }] : [])];
  for (const asked of wanted) {
    if (isEmptySet(asked.approvers) && !asked.escalation) continue;
    // What became of an effect is worth waiting for: somebody may be enrolled before the deadline.
    if (kind === 'reconcile') return { terms: asked };
    const { risk, policies } = judgement;
    const names = await whoCouldApprove(dependencies, standing, {
      terms: asked,
      risk,
      policies,
      askedAt: standing.now,
      coAuthors,
    });
    if (names) return { terms: asked, names };
  }
  return undefined;
}
