/**
 * Steps 7 and 8 of the gate: what became of its own signed ask. Votes are those stored and those handed over together: a
 * writer of the database could remove a denial, and a gateway could die before it signalled one.
 */
import type { CheckCallInput } from '../../core/contracts/activities.ts';
import type { ApprovalTerms, SignedVote } from '../../core/contracts/approval.ts';
import { type AskBody, type SignedDecision, signedDecisionSchema } from '../../core/contracts/decision.ts';
import { decideApproval, type VoteStatus } from '../../core/approval.ts';
import { digestJson } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import { isEligibleApprover, rolesOf } from '../../policy/index.ts';
import { readControl } from '../../store/read-control.ts';
import { verifyVote } from '../verify-votes.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Judgement, ParsedCall } from './judge.ts';
import type { Standing } from './standing.ts';

export interface OwnAsk {
  signed: SignedDecision;
  body: AskBody;
  digest: string;
}

/** The ask this pass decides on; undefined when it is not ours, not for this call, or of another epoch: then it is void. */
export async function openOwnAsk(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
): Promise<OwnAsk | undefined> {
  const opened = openEnvelope(input.ask, {
    schema: signedDecisionSchema,
    audience: dependencies.audience,
    registry: dependencies.registry,
    now: standing.now,
  });
  if (opened.kind === 'rejected' || opened.signed.body.verdict !== 'ask') return undefined;
  const { body } = opened.signed;
  const digest = digestJson('decision', opened.signed);
  const row = await dependencies.store.getAsk(body.ask.nonce);
  const reusable = call.tool.definition.effect === 'idempotent' && body.ask.kind === 'call';
  const fits =
    row?.askDigest === digest &&
    body.ask.kind === input.about &&
    body.callKey === standing.callKey &&
    (body.try === input.try || (reusable && body.try < input.try)) &&
    body.tool.name === input.tool &&
    body.tool.definitionDigest === call.tool.definitionDigest &&
    body.argumentsDigest === call.argumentsDigest &&
    body.runEpoch === standing.run.runEpoch;
  return fits ? { signed: opened.signed, body, digest } : undefined;
}

export type VotesWeighed =
  | { kind: 'approved'; voteDigests: string[]; votes: SignedVote[]; executeByAt: number }
  | { kind: 'denied'; by: SignedVote }
  | { kind: 'expired' }
  | { kind: 'still-open'; notCounted: { digest: string; reason: string }[] };

export async function weighVotes(
  dependencies: CheckCallDependencies,
  standing: Standing,
  judgement: Judgement,
  ask: OwnAsk,
  handedOver: readonly unknown[],
): Promise<VotesWeighed> {
  const stored = await dependencies.store.votesByNonce(ask.body.ask.nonce);
  const votes = new Map<string, SignedVote>();
  for (const candidate of [...stored.map((row) => row.vote), ...handedOver]) {
    const verified = verifyVote(dependencies, candidate);
    if (verified.kind === 'valid') votes.set(verified.digest, verified.vote);
  }
  const credentials = await currentCredentials(dependencies, standing.now);
  const judged = [...votes].map(([digest, vote]) => {
    const refusal = voteRefusal(dependencies, standing, judgement, ask.body.ask.terms, credentials, vote);
    return { vote, digest, valid: true, eligible: refusal === undefined, refusal };
  });
  const closed = standing.now > ask.body.ask.deadlineAt;
  const decided = decideApproval({ ask: ask.body.ask, askDigest: ask.digest, votes: judged, closed });
  const deciding = decided.decidedBy;
  if (decided.outcome === 'denied' && deciding) return { kind: 'denied', by: deciding };
  if (decided.outcome === 'approved' && deciding) {
    // Nothing was permitted yet: a person who says no before that is heard, also where an approval was cast earlier and a
    // gateway that died before it signalled it left the request open. It is a stored denial like any other (contracts.md §3).
    const denial = judged.find(({ vote, digest }) => isDenialInTime(vote, decided.statusByDigest[digest], ask));
    if (denial) return { kind: 'denied', by: denial.vote };
    const counted = decided.countedDigests;
    return {
      kind: 'approved',
      voteDigests: counted,
      votes: counted.flatMap((digest) => votes.get(digest) ?? []),
      executeByAt: deciding.body.castAt + ask.body.ask.executeWithinMs,
    };
  }
  if (closed) return { kind: 'expired' };
  const notCounted = judged
    .filter((one) => decided.statusByDigest[one.digest] !== 'counted')
    .map((one) => ({ digest: one.digest, reason: one.refusal ?? decided.statusByDigest[one.digest] ?? 'unfitting' }));
  return { kind: 'still-open', notCounted };
}

/** Fitting, by somebody who may, and late only in that the quorum had been cast before. */
function isDenialInTime({ body }: SignedVote, status: VoteStatus | undefined, { body: { ask } }: OwnAsk): boolean {
  return body.verdict === 'deny' && status === 'late' && body.castAt <= ask.deadlineAt;
}

interface Credential {
  principal: string;
  roles: string[];
  person: boolean;
  mintedBy: string;
  expiresAt: number;
}

/** Credentials that stand now: a vote by one that was revoked since does not count. */
async function currentCredentials(dependencies: CheckCallDependencies, now: number): Promise<Map<string, Credential>> {
  const records = await readControl(dependencies, ['api-key', 'api-key-revocation']);
  const credentials = new Map<string, Credential>();
  for (const record of records) {
    if (record.kind === 'api-key') credentials.set(record.keyId, record);
  }
  for (const record of records) {
    if (record.kind === 'api-key-revocation') credentials.delete(record.keyId);
  }
  for (const [keyId, credential] of credentials) {
    if (credential.expiresAt < now) credentials.delete(keyId);
  }
  return credentials;
}

/** Why this vote's principal may not answer now; undefined when it may. */
function voteRefusal(
  dependencies: CheckCallDependencies,
  standing: Standing,
  judgement: Judgement,
  terms: ApprovalTerms,
  credentials: Map<string, Credential>,
  vote: SignedVote,
): string | undefined {
  const { body } = vote;
  const credential = credentials.get(body.authenticated.credentialId);
  if (!credential || credential.principal !== body.principal)
    return 'its credential was revoked, expired or is not known';
  if (!credential.person) return 'a service account cannot vote';
  if (body.castAt > standing.now + dependencies.bounds.clockSkewMs) return 'it is dated ahead of now';
  if (terms.reasonRequired && !body.reason?.trim()) return 'its terms require a reason';
  const requesters = [standing.ticket.principal, ...(standing.ticket.onBehalfOf ? [standing.ticket.onBehalfOf] : [])];
  const { mintedBy } = credential;
  if (!terms.requesterMayApprove && mintedBy !== body.principal && requesters.includes(mintedBy))
    return 'its credential was made by the requester';
  for (const policy of judgement.policies) {
    const roles = rolesOf(policy, body.principal, credential.roles);
    const eligibility = isEligibleApprover(terms, { principal: body.principal, roles }, requesters);
    if (!eligibility.eligible) return eligibility.reason;
  }
  return undefined;
}
