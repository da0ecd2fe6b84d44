/**
 * Permits that settle a doubt (void, probe) and the reconcile request. None of them can cause the effect: void only ever
 * closes a row, a probe only reads, and a reconcile answer is a person's signed word.
 */
import type { CheckCallInput, CheckCallResult } from '../../core/contracts/activities.ts';
import { readControl } from '../../store/read-control.ts';
import type { FenceRow } from '../../store/store.ts';
import { ask } from './ask.ts';
import { allowWithoutGrant } from './decide.ts';
import { denyBy, type Gating, gateRule } from './gating.ts';
import { deny } from './deny.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { strictestDefaultTerms } from './default-terms.ts';
import { gateRefusal, type Judgement, type ParsedCall } from './judge.ts';
import type { Standing } from './standing.ts';
import type { OwnAsk } from './weigh-votes.ts';

/** A permit to make the row void, or to ask the tool's probe about a row that is void already. */
export async function decideSettling(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
): Promise<CheckCallResult> {
  const row = standing.state.fences.find((fence) => fence.try === input.try);
  const gating: Gating = {
    dependencies,
    standing,
    input,
    call,
    judgement: bareJudgement(standing, `settle-${input.purpose}`, 'whether the effect happened is not known'),
  };
  if (input.purpose === 'probe' && (row?.state !== 'void' || !call.tool.definition.hasProbe)) {
    return await denyBy(
      gating,
      [gateRule('nothing-to-probe', 'only a void row of a tool with a probe is probed')],
      null,
    );
  }
  if (row && row.argumentsDigest !== call.argumentsDigest) {
    return await denyBy(gating, [gateRule('other-arguments', 'the row is of a call with other arguments')], null);
  }
  return await allowWithoutGrant(gating, null, []);
}

function bareJudgement(standing: Standing, id: string, reason: string): Judgement {
  return {
    kind: 'judgement',
    verdict: 'allow',
    rules: [{ id, effect: 'allow', reason }],
    risk: 'low',
    terms: undefined,
    findings: [],
    labels: [],
    activePolicyDigest: standing.ticket.policyDigest,
    policies: [],
    limits: { callsPerRun: Number.MAX_SAFE_INTEGER, callsPerTurn: Number.MAX_SAFE_INTEGER },
  };
}

/** Who is asked when the rules refuse the call by now: what happened must still be found out. */
export async function reconcileJudgement(dependencies: CheckCallDependencies, standing: Standing): Promise<Judgement> {
  const pinned = await dependencies.policies.policyByDigest(standing.ticket.policyDigest);
  const settling: Judgement = {
    ...bareJudgement(standing, 'reconcile', 'what became of the effect is not known'),
    verdict: 'ask',
  };
  return { ...settling, policies: pinned ? [pinned] : [] };
}

/** Asks what became of the effect, or says how that request ended. */
export async function decideReconcile(gating: Gating, own: OwnAsk | undefined): Promise<CheckCallResult> {
  const { dependencies, standing, judgement } = gating;
  if (!own) {
    const terms = judgement.terms ?? strictestDefaultTerms(judgement.policies, gating.standing.now);
    return await ask({ ...gating, judgement: { ...judgement, terms } }, 'reconcile');
  }
  const { nonce, deadlineAt } = own.body.ask;
  const answers = await readControl(dependencies, ['reconcile-answer']);
  const answer = answers.find(
    (one) => one.nonce === nonce && one.callKey === standing.callKey && one.answeredAt <= deadlineAt,
  );
  if (!answer && standing.now <= deadlineAt) return { kind: 'still-open', notCounted: [] };
  const said = answer?.answer ?? 'unanswered';
  const reason = answer ? `${answer.principal} answered "${said}"` : 'nobody answered before the deadline';
  const closes = { nonce, outcome: answer ? ('approved' as const) : ('expired' as const) };
  const result = await denyBy(gating, [gateRule(`reconciled-${said}`, reason)], closes);
  return result.kind === 'decided' ? { kind: 'reconciled', decision: result.decision, answer: said } : result;
}

/** The run ends before anybody answered: the request is closed, so that nobody is asked about a run that is gone. */
export async function withdraw(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
  own: OwnAsk,
): Promise<CheckCallResult> {
  const row = await dependencies.store.getAsk(own.body.ask.nonce);
  if (row?.outcome !== null) return { kind: 'still-open', notCounted: [] };
  const reason = 'the run ended before it was answered';
  const judgement: Judgement = { ...bareJudgement(standing, 'run-ended', reason), verdict: 'deny', rules: [] };
  const closes = { nonce: own.body.ask.nonce, outcome: 'withdrawn' as const };
  return await denyBy({ dependencies, standing, input, call, judgement }, [gateRule('run-ended', reason)], closes);
}

/** The fence rows say that a person or the probe found the effect done: a signed refusal to do it again. */
export async function happened(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  row: FenceRow,
  argumentsDigest: string | null,
): Promise<CheckCallResult> {
  const tool = dependencies.tools.get(input.tool) ?? null;
  const refusal = gateRefusal('reconciled-happened', `try ${row.try} was found to have happened`);
  const denied = await deny(dependencies, standing, input, refusal, tool, { argumentsDigest });
  return denied.kind === 'decided' ? { kind: 'reconciled', decision: denied.decision, answer: 'happened' } : denied;
}
