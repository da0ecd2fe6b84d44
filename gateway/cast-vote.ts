/**
 * Signs a vote, stores it, signals it, and asks the run what it came to. Stored first: a reset, or a gateway that dies
 * before it signals, drops no denial. The time in it is this gateway's clock; late votes are kept as evidence, not sent.
 */
import type { VoteAnswer, VoteRequest, VoteResult } from '../client/gateway-schemas.ts';
import type { VoteBody } from '../core/contracts/approval.ts';
import { whyNotShown } from '../core/card/why-not-shown.ts';
import type { Grant } from '../core/contracts/grant.ts';
import { digestJson } from '../core/digest.ts';
import { grantDigestOf } from '../core/grant/decide-grant.ts';
import { coverageDigestOf } from '../core/grant/grant-coverage.ts';
import { readGrants } from '../store/read-grants.ts';
import { type Answerable, cannot, requireAnswerable, requireConfirmed } from './answerable.ts';
import type { ApproverCheck } from './approvers.ts';
import { requireOneClock } from './clock-check.ts';
import { unconfirmed } from './confirm-ask.ts';
import { appendOrder } from './control-records.ts';
import { firstAnswer } from './first-answer.ts';
import { type CarriedGrant, grantForVote } from './grants/grant-for-vote.ts';
import type { GatewayContext } from './options.ts';
import { prepareEdit } from './prepare-edit.ts';
import { sealVote, type Voter } from './seal-vote.ts';
import { followVote, sendVote } from './send-vote.ts';
import type { OpenedAsk } from './verified.ts';

/** What somebody answered, from whatever channel: all channels come through `castVote`. */
export interface Ballot extends Omit<VoteRequest, 'channel' | 'verdict'> {
  verdict: VoteRequest['verdict'] | 'edit';
  /** Of an `edit`: JSON of all arguments that the call is to have. */
  arguments?: string | undefined;
  cardDigest: string;
  /** @default api */
  channel?: VoteBody['channel'] | undefined;
  idempotencyKey?: string | undefined;
  /** How long the run may take to say what became of the vote, ms. @default 2500 */
  answerWithinMs?: number;
}

/**
 * @throws {CountersignError} see `requireAnswerable`; `conflict` late, no longer asked, or an idempotency key of another vote;
 * `forbidden` from a channel that cannot show the card; `clock-skew`; of an edit see `prepareEdit`
 */
export async function castVote(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Voter,
  nonce: string,
  request: Ballot,
): Promise<VoteResult> {
  const { verdict, cardDigest, reason = null, channel = 'api', confirmation, stop, answerWithinMs } = request;
  const asked = { nonce, kind: 'call' as const, cardDigest, reason, verdict, channel, confirmation };
  const answerable = await requireAnswerable(gateway, approvers, caller, asked);
  requireShown(answerable.ask, request);
  if (stop && verdict !== 'deny') {
    throw cannot(
      'input-invalid',
      answerable.ask,
      'only a denial ends the run',
      '"verdict": "deny"',
      'leave "stop" out',
    );
  }
  const granted = await grantOf(gateway, answerable.ask, caller, request);
  const edits = verdict === 'edit' ? await prepareEdit(gateway, answerable.ask, request.arguments ?? '') : undefined;
  await requireOneClock(gateway);
  const { ask, run, roles, groups } = answerable;
  // What the riskiest call that the grant covers would need; the gate asks for it again at each.
  const stepUp = granted ? requireConfirmed(ask, asked, granted.grant.risk) : answerable.stepUp;
  const vote = sealVote(gateway, caller, ask, {
    verdict,
    roles,
    ...(groups.length > 0 ? { groups } : {}),
    ...(stepUp ? { stepUp } : {}),
    ...(stop ? { stop } : {}),
    ...(edits ? { edits } : {}),
    channel,
    reason,
    ...(granted ? { grantDigest: granted.digest } : {}),
    ...requestKeyOf(caller, request),
  });
  const digest = digestJson('vote', vote);
  const { castAt } = vote.body;
  const late = whyLate(answerable, castAt);
  const refusal = late === undefined ? await unconfirmed(gateway, ask, run) : undefined;
  if (refusal !== undefined) throw cannot('conflict', ask, refusal, 'a run that waits for it', 'list the open ones');

  if (granted?.isNew && late === undefined && !(await hasVoted(gateway, caller, nonce))) {
    await appendOrder(gateway, { kind: 'grant', grant: granted.grant });
  }
  const stored = await gateway.store.storeVote(vote, digest);
  if (stored.kind === 'duplicate') {
    const { digest: firstDigest, vote: first } = stored.first;
    if (await isRepeated(gateway, ask, first.body, vote.body, granted?.grant)) {
      return { ...(await followVote(gateway, ask, firstDigest, first.body.castAt, answerWithinMs)), repeated: true };
    }
    const votes = (await gateway.store.votesByNonce(nonce)).map((one) => one.vote.body);
    const told = firstAnswer(first.body, caller.principal, votes);
    return { status: 'duplicate', outcome: null, ...told, voteDigest: firstDigest, castAt: first.body.castAt };
  }
  if (late !== undefined) {
    // Evidence, and marked so that nobody sends it later as if it were fresh.
    await gateway.store.markVoteSignalled(digest);
    throw cannot(
      'conflict',
      ask,
      `the vote is late (${late}) and kept as evidence`,
      'a vote in time',
      'list the open ones',
    );
  }
  const given = granted ? { grantId: granted.grant.grantId } : {};
  if (!(await sendVote(gateway, ask.row.workflowId, vote, digest))) {
    return { status: 'recorded', voteDigest: digest, castAt, ...given };
  }
  const result = await followVote(gateway, ask, digest, castAt, answerWithinMs);
  const first = await firstByAnotherName(gateway, approvers, answerable, vote.body);
  // The run counts names; which names are one person, the gate knows, and whoever answers hears it at once.
  if (first)
    return { ...result, status: 'duplicate', outcome: null, ...firstAnswer(first, caller.principal), ...given };
  return { ...result, ...whyNotAlone(answerable, vote.body, result), ...given };
}

/** What one person had answered under another of their names, and that counts: one name alone is found when a vote is stored. */
async function firstByAnotherName(
  { store }: GatewayContext,
  approvers: ApproverCheck,
  { ask, ticket }: Answerable,
  { principal, castAt }: VoteBody,
): Promise<VoteBody | undefined> {
  const { personOf } = await approvers.peopleOf(ask, ticket);
  const cast = (await store.votesByNonce(ask.row.nonce)).map(({ vote }) => vote.body);
  const takenBack = new Set(cast.flatMap((one) => (one.verdict === 'withdraw' ? [one.principal] : [])));
  const others = cast.filter(
    (one) => one.principal !== principal && personOf(one.principal) === personOf(principal) && one.castAt <= castAt,
  );
  for (const one of others) {
    if (takenBack.has(one.principal)) continue;
    if ((await approvers.judgeVote(ask, ticket, one)).kind === 'may') return one;
  }
  return undefined;
}

/** Of a break-glass that did not count and cannot be given again: who is left. */
function whyNotAlone(
  { ask }: Answerable,
  { verdict }: VoteBody,
  result: VoteResult,
): Pick<VoteAnswer, 'reason'> | undefined {
  if (result.status !== 'rejected' || verdict !== 'break-glass') return undefined;
  const role = ask.body.ask.terms.breakGlass?.role ?? '';
  const reason = `${result.reason ?? 'it does not count'}; it was your one answer to this request, so ask another holder of role "${role}", or its approvers`;
  return { reason };
}

/** @throws {CountersignError} as `grantForVote`; `input-invalid` with another verdict than approve */
async function grantOf(
  gateway: GatewayContext,
  ask: OpenedAsk,
  caller: Voter,
  { verdict, grant, channel = 'api' }: Ballot,
): Promise<CarriedGrant | undefined> {
  if (!grant) return undefined;
  if (verdict === 'approve') return await grantForVote(gateway, ask, caller, grant, channel);
  throw cannot('input-invalid', ask, 'only an approval grants', '"verdict": "approve"', 'leave "grant" out');
}

/** Whoever has voted proposes nothing more: it would stand there with nobody behind it. */
async function hasVoted({ store }: GatewayContext, { principal }: Voter, nonce: string): Promise<boolean> {
  return (await store.votesByNonce(nonce)).some(({ vote }) => vote.body.principal === principal);
}

/** A retry of the request that cast the first vote. @throws {CountersignError} `conflict`: its key, and another vote */
async function isRepeated(
  gateway: GatewayContext,
  ask: OpenedAsk,
  first: VoteBody,
  again: VoteBody,
  grant: Grant | undefined,
): Promise<boolean> {
  if (again.requestKey === undefined || first.requestKey !== again.requestKey) return false;
  const isSame =
    first.verdict === again.verdict &&
    first.reason === again.reason &&
    first.stop === again.stop &&
    first.edits?.argumentsDigest === again.edits?.argumentsDigest &&
    (await coverageOf(gateway, first.grantDigest)) === (grant && coverageDigestOf(grant));
  if (isSame) return true;
  const is = 'its idempotency key was used for another vote';
  throw cannot('conflict', ask, is, 'the same vote again', 'use a new key');
}

/** A grant that is proposed again has another id and time: what it covers tells whether it is the same. */
async function coverageOf(
  { store, keys, audience }: GatewayContext,
  digest: string | undefined,
): Promise<string | undefined> {
  if (digest === undefined) return undefined;
  const grants = await readGrants({ store, registry: keys.registry, audience });
  const signed = grants.find(({ grant }) => grantDigestOf(grant) === digest);
  // Of one that cannot be read nobody knows: it is no other vote's coverage.
  return signed ? coverageDigestOf(signed.grant) : digest;
}

/** A denial needs no full view: it stops something. What is edited is changed from what was seen. */
function requireShown(ask: OpenedAsk, { verdict, channel = 'api' }: Ballot): void {
  const reason = verdict === 'deny' ? undefined : whyNotShown(ask.card, channel);
  if (reason === undefined) return;
  throw cannot(
    'forbidden',
    ask,
    reason,
    'a channel that shows the card whole',
    'open it in the inbox or the terminal, or deny it',
  );
}

function requestKeyOf({ principal }: Voter, { idempotencyKey }: Ballot): Pick<VoteBody, 'requestKey'> {
  return idempotencyKey === undefined ? {} : { requestKey: digestJson('idempotency', [principal, idempotencyKey]) };
}

function whyLate({ ask, run }: Answerable, castAt: number): string | undefined {
  if (castAt > ask.body.ask.deadlineAt) return 'its deadline has passed';
  if (ask.row.outcome !== null) return `the request is ${ask.row.outcome}`;
  if (run.closedAt !== null) return 'its run has ended';
  if (run.runEpoch !== ask.row.runEpoch) return 'its run was reset since it asked';
  return undefined;
}
