/**
 * A grant that covers a call which would be asked about, if there is one: by its signed record, its scope, the votes on its
 * request, and its uses. The votes are judged anew for this very call, under the strictest terms that hold now and for the
 * people behind this run, so that policy tightened since, a lost role or a withdrawal ends it. Anything unsure means: ask.
 */
import { requestersOf, signedTicketSchema } from '../../core/contracts/ticket.ts';
import { signedDecisionSchema } from '../../core/contracts/decision.ts';
import type { Grant, GrantedBy } from '../../core/contracts/grant.ts';
import type { ApprovalTerms, Outcome, SignedVote } from '../../core/contracts/approval.ts';
import { askDigestOf } from '../../core/approval.ts';
import { digestJson } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import { decideGrant, grantDigestOf } from '../../core/grant/decide-grant.ts';
import { whyNotCovered } from '../../core/grant/why-not-covered.ts';
import { combineTerms } from '../../policy/index.ts';
import { readGrants } from '../../store/read-grants.ts';
import { verifyVote } from '../verify-votes.ts';
import { editsOfCall } from './edits.ts';
import type { Gating } from './gating.ts';
import { judgeVotes } from './judge-votes.ts';

export interface UsableGrant {
  by: GrantedBy;
  uses: number;
}

export async function findGrant(gating: Gating): Promise<UsableGrant | undefined> {
  const { dependencies, standing, input, call, judgement } = gating;
  const { terms, rules, labels, risk } = judgement;
  // A tool that demands votes on the call itself gets them, or does not run.
  if (!terms?.grants || call.tool.definition.votesDemanded > 0) return undefined;
  // What a person made of a call is looked at by another person, not by a pattern.
  if ((await editsOfCall(dependencies, standing, input.edit)).length > 0) return undefined;
  const { ticket, run, now } = standing;
  const asked = {
    workflowId: run.workflowId,
    runEpoch: run.runEpoch,
    agent: ticket.agent,
    environment: ticket.environment,
    tool: { name: input.tool, definitionDigest: call.tool.definitionDigest },
    arguments: call.value,
    try: input.try,
    rules: rules.filter(({ effect }) => effect === 'ask').map(({ id }) => id),
    labels,
    risk,
    terms,
    now,
  };
  for (const { grant, revoked } of await readGrants(dependencies)) {
    if (revoked || whyNotCovered(grant, asked) !== undefined) continue;
    const voteDigests = await votesOf(gating, grant, terms);
    if (!voteDigests) continue;
    const taken = await dependencies.store.grantUses(grant.grantId);
    const own = taken.find((one) => one.callKey === standing.callKey && one.try === input.try);
    const use = own?.number ?? taken.length + 1;
    if (use > grant.uses) continue;
    const { grantId, request, expiresAt, uses } = grant;
    const executeByAt = Math.min(expiresAt, now + terms.executeWithinMs);
    const by = { grantId, grantDigest: grantDigestOf(grant), nonce: request.nonce, voteDigests, use, executeByAt };
    return { by, uses };
  }
  return undefined;
}

/** Digests of the votes by which it stands for this call; undefined: it does not. */
async function votesOf(
  { dependencies, standing, judgement }: Gating,
  grant: Grant,
  termsNow: ApprovalTerms,
): Promise<string[] | undefined> {
  const { store } = dependencies;
  const outcome = await outcomeOfOwnRequest(dependencies, grant);
  // Whose answer ended it may have lost their right to answer since, and the votes alone would tell another story.
  if (outcome === undefined || outcome === 'denied') return undefined;
  const behind = await requestersOfRequest(dependencies, grant);
  if (!behind) return undefined;
  const votes = new Map<string, SignedVote>();
  for (const { vote } of await store.votesByNonce(grant.request.nonce)) {
    if (outcome === 'superseded' && vote.body.verdict === 'edit') return undefined;
    const verified = verifyVote(dependencies, vote);
    if (verified.kind === 'valid') votes.set(verified.digest, verified.vote);
  }
  const { fallback: _, ...stricter } = combineTerms(grant.request.terms, termsNow);
  const asked = {
    terms: stricter,
    askedAt: grant.request.askedAt,
    risk: judgement.risk,
    policies: judgement.policies,
    alsoBehind: behind,
    // A request of an edited call makes no grant: see `outcomeOfOwnRequest`.
    coAuthors: [],
  };
  const judged = await judgeVotes(dependencies, standing, asked, votes);
  const decided = decideGrant(grant, judged, { terms: stricter });
  // A person's no that came after the quorum, and in time, ends it as well.
  const denied = judged.some(
    ({ vote: { body }, eligible }) => body.verdict === 'deny' && eligible && body.castAt <= grant.request.deadlineAt,
  );
  return decided.outcome === 'approved' && !denied ? decided.countedDigests : undefined;
}

/**
 * Terms and times are those that the gate signed, not what the gateway's record says of them. Undefined: it is another's. The
 * outcome is the database's word: whoever writes there can end a grant with it, and never make one stand.
 */
async function outcomeOfOwnRequest(
  dependencies: Gating['dependencies'],
  { request, ...grant }: Grant,
): Promise<Outcome | 'open' | undefined> {
  const row = await dependencies.store.getAsk(request.nonce);
  const { audience, registry } = dependencies;
  const opened = openEnvelope(row?.ask, { schema: signedDecisionSchema, audience, registry, now: null });
  if (!row || opened.kind === 'rejected' || opened.signed.body.verdict !== 'ask') return undefined;
  const { body } = opened.signed;
  const { ask } = body;
  const isOwn =
    row.askDigest === request.askDigest &&
    askDigestOf(opened.signed) === request.askDigest &&
    ask.kind === 'call' &&
    ask.coAuthors === undefined &&
    ask.nonce === request.nonce &&
    ask.cardDigest === request.cardDigest &&
    ask.termsDigest === request.termsDigest &&
    ask.termsDigest === digestJson('terms', request.terms) &&
    ask.askedAt === request.askedAt &&
    ask.deadlineAt === request.deadlineAt &&
    body.callKey === request.callKey &&
    body.workflowId === request.workflowId &&
    body.tool.name === grant.tool.name &&
    body.tool.definitionDigest === grant.tool.definitionDigest;
  return isOwn ? (row.outcome ?? 'open') : undefined;
}

/** Everybody behind the run that it was made in; undefined where nobody can say, or where that run was reset since. */
async function requestersOfRequest(
  { store, audience, registry }: Gating['dependencies'],
  { request, agent, environment }: Grant,
): Promise<string[] | undefined> {
  const run = await store.getRun(request.workflowId);
  if (run?.runEpoch !== 0) return undefined;
  const opened = openEnvelope(run.ticket, { schema: signedTicketSchema, audience, registry, now: null });
  if (opened.kind === 'rejected') return undefined;
  const { body } = opened.signed;
  const isOfIt = body.workflowId === request.workflowId && body.agent === agent && body.environment === environment;
  return isOfIt ? requestersOf(body) : undefined;
}
