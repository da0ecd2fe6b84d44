/**
 * From a judgement to a signed decision: a first pass (allow, ask or deny) and the passes after an ask. Only `allow` below
 * makes a permit, and only for the exact activity that it names.
 */
import type { CheckCallResult } from '../../core/contracts/activities.ts';
import type { SignedVote } from '../../core/contracts/approval.ts';
import type { DecisionBody, PermitBody } from '../../core/contracts/decision.ts';
import { digestJson } from '../../core/digest.ts';
import { namesOf } from '../../policy/index.ts';
import type { BreakGlassTake } from '../../store/store.ts';
import { activityIdOf } from '../../core/contracts/call-names.ts';
import { ask } from './ask.ts';
import { takeEdit } from './edits.ts';
import { findGrant, type UsableGrant } from './find-grant.ts';
import { commonBody, denyBy, dryRunOf, type Gating, gateRule, overLimit, targetState } from './gating.ts';
import { forWorkflow } from './position.ts';
import { type DecisionExtras, decided, noExtras, signAndRecord } from './record-decision.ts';
import { type OwnAsk, weighVotes } from './weigh-votes.ts';

/** First pass of a request, or of a call that needs none. */
export async function decideFresh(gating: Gating): Promise<CheckCallResult> {
  const { judgement, input } = gating;
  if (judgement.verdict === 'deny') return await denyBy(gating, [], null);
  // Looking at the target or describing a dry run is gated as a read: what would only be asked about may be looked at.
  const looking = input.purpose === 'target-state' || input.purpose === 'dry-run';
  if (judgement.verdict === 'allow' || looking) return await allowWithoutGrant(gating, null, []);
  const granted = await allowByGrant(gating);
  if (granted) return granted;
  return lacksDryRun(gating) ? { kind: 'needs-dry-run' } : await ask(gating, 'call');
}

/** A dry run that failed is one: the card says so. What never ended has no receipt, and is run again. */
function lacksDryRun({ standing, input, call }: Gating): boolean {
  const { hasDryRun } = call.tool.definition;
  return hasDryRun === true && dryRunOf(standing, input.try, call.argumentsDigest) === undefined;
}

/** Uses of one grant by others that this call may lose against, before people are asked. */
const mostRaces = 20;

/** Undefined: no grant covers the call, or none has a use left. */
async function allowByGrant(gating: Gating): Promise<CheckCallResult | undefined> {
  if (gating.input.purpose !== 'execute') return undefined;
  for (let race = 0; race < mostRaces; race += 1) {
    const granted = await findGrant(gating);
    if (!granted) return undefined;
    const result = await allow(gating, { grant: granted });
    if (result !== 'use-taken') return result;
  }
  return undefined;
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
    case 'denied': {
      const stop = weighed.stop ? [gateRule('stopped-by-person', 'whoever denied it ended the run')] : [];
      const rules = [gateRule('denied-by-person', denialText(weighed.by)), ...stop];
      return await denyBy(gating, rules, { nonce, outcome: 'denied' });
    }
    case 'edited':
      return await takeEdit(gating, own, weighed.by);
    case 'withdrawn': {
      const reason = `${weighed.by.body.principal} withdrew their approval before it was used`;
      return await denyBy(gating, [gateRule('approval-withdrawn', reason)], { nonce, outcome: 'withdrawn' });
    }
    case 'tightened':
      return await denyBy(
        gating,
        [
          gateRule(
            'terms-tightened',
            'a policy that came into force since people were asked wants more than they gave',
          ),
        ],
        { nonce, outcome: 'superseded' },
      );
    case 'approved':
      if (standing.now > weighed.executeByAt) {
        return await denyBy(gating, [gateRule('approval-stale', 'the approval was not used in time')], {
          nonce,
          outcome: 'superseded',
        });
      }
      return await allowWithoutGrant(
        gating,
        {
          approvalId,
          nonce,
          askDigest: own.digest,
          voteDigests: weighed.voteDigests,
          executeByAt: weighed.executeByAt,
          ...glassBroken(own, weighed.by),
        },
        weighed.votes,
        breakGlassTake(gating, own, weighed.by),
      );
  }
}

/** That one person answered in place of the quorum: signed, so that no row decides whether it is to be reviewed. */
function glassBroken(
  { body: { ask } }: OwnAsk,
  by: SignedVote,
): Pick<NonNullable<PermitBody['approval']>, 'breakGlass'> {
  const { breakGlass } = ask.terms;
  if (by.body.verdict !== 'break-glass' || !breakGlass) return {};
  const { principal, castAt } = by.body;
  const reviewDueAt = castAt + breakGlass.reviewWithinMs;
  const voteDigest = digestJson('vote', by);
  return { breakGlass: { by: principal, role: breakGlass.role, voteDigest, reviewDueAt } };
}

function breakGlassTake({ judgement }: Gating, { body }: OwnAsk, by: SignedVote): BreakGlassTake | undefined {
  const { breakGlass } = body.ask.terms;
  if (by.body.verdict !== 'break-glass' || !breakGlass) return undefined;
  return { names: namesOf(judgement.policies, by.body.principal), perDay: breakGlass.perDay };
}

/** @param breakGlass what is used of it, where one person answered for the quorum */
export async function allowWithoutGrant(
  gating: Gating,
  approval: PermitBody['approval'],
  votes: SignedVote[],
  breakGlass?: BreakGlassTake,
): Promise<CheckCallResult> {
  const result = await allow(gating, { approval, votes, ...(breakGlass ? { breakGlass } : {}) });
  if (result === 'use-taken') throw new TypeError('a permit that rests on no grant met a use of one');
  return result;
}

interface Grounds {
  /** Absent: none of its own. */
  approval?: PermitBody['approval'];
  /** Of that approval. */
  votes?: SignedVote[];
  breakGlass?: BreakGlassTake;
  grant?: UsableGrant;
}

/** @returns `use-taken`: another call took this number of the grant meanwhile */
async function allow(
  gating: Gating,
  { approval = null, votes = [], grant, breakGlass }: Grounds,
): Promise<CheckCallResult | 'use-taken'> {
  const { dependencies, standing, input, call, judgement } = gating;
  const named = { ...input, callKey: standing.callKey, tool: input.tool, argumentsDigest: call.argumentsDigest };
  const body: DecisionBody = {
    ...commonBody(gating, []),
    verdict: 'allow',
    activityId: activityIdOf(named),
    taskQueue: standing.ticket.taskQueues.tools,
    targetStateDigest: targetState(standing, input.try, call.argumentsDigest),
    approval,
    ...(grant ? { grant: grant.by } : {}),
    ...(readsInDryRun(gating) ? { dryRunRead: true as const } : {}),
    ...(speaksBeforeAsk(gating) ? { dryRunTool: true as const } : {}),
    ...(judgement.trustsResult === true ? { trustedResult: true as const } : {}),
  };
  const lifeEnd = standing.now + dependencies.bounds.permitLifeMs;
  const extras: DecisionExtras = {
    ...noExtras,
    admit: input.purpose === 'execute' || readsInDryRun(gating) ? judgement.limits : null,
    ...(breakGlass ? { breakGlass } : {}),
    closes: approval ? { nonce: approval.nonce, outcome: 'approved', at: standing.now } : null,
    ...(grant
      ? { grantUse: { grantId: grant.by.grantId, number: grant.by.use, uses: grant.uses, at: standing.now } }
      : {}),
  };
  const expiresAt = Math.min(lifeEnd, approval?.executeByAt ?? lifeEnd, grant?.by.executeByAt ?? lifeEnd);
  const recorded = await signAndRecord(dependencies, standing, input, body, extras, expiresAt);
  if (recorded.kind === 'over-limit') {
    return recorded.limit === 'grant' ? 'use-taken' : await overLimit(gating, recorded);
  }
  if (recorded.kind !== 'decision') return recorded;
  return decided(recorded.decision, forWorkflow(call.tool, call.canonical), votes);
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

/** In a run that is itself a dry run nobody is asked, and calls are described in our own words. */
function speaksBeforeAsk({ standing, input, call }: Gating): boolean {
  return input.purpose === 'dry-run' && !standing.ticket.dryRun && call.tool.definition.hasDryRun === true;
}

function denialText(vote: SignedVote): string {
  const { principal, reason } = vote.body;
  return reason ? `${principal} denied it: ${reason}` : `${principal} denied it`;
}
