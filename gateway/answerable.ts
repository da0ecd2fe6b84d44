/**
 * The checks that a vote and a reconcile answer share, before anything is signed or stored: the ask is the gate's own,
 * the caller saw its card, and may answer. What each does after is its own.
 */
import { saysYes } from '../core/says-yes.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { type ErrorCode } from '../core/contracts/errors.ts';
import type { Risk } from '../core/contracts/labels.ts';
import { CountersignError, hasErrorCode } from '../core/errors.ts';
import { showsSomething } from '../core/shows-something.ts';
import type { RunRow, StoredVote } from '../store/store.ts';
import type { Answer, ApproverCheck } from './approvers.ts';
import type { VotingKey } from './credentials.ts';
import { verifiedVotes } from './describe-situation.ts';
import type { GatewayContext } from './options.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { confirmationNeeded, type StepUp } from './step-up.ts';
import { type ChangedPart, unreadableError } from './unreadable.ts';
import { type OpenedAsk, openAsk, openTicket } from './verified.ts';

export interface AnswerRequest {
  nonce: string;
  kind: 'call' | 'reconcile';
  cardDigest: string;
  reason: string | null;
  verdict: Answer['verdict'];
  channel: Answer['channel'];
  /** What was typed to confirm it. */
  confirmation?: string | undefined;
}

export interface Answerable {
  ask: OpenedAsk;
  run: RunRow;
  ticket: TicketBody;
  /** Of the caller, by the policy. */
  roles: string[];
  groups: string[];
  stepUp: StepUp | undefined;
}

/** @throws {CountersignError} `not-found`, `signature-invalid`, `conflict`, `forbidden`, `input-refused` */
export async function requireAnswerable(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: VotingKey,
  request: AnswerRequest,
): Promise<Answerable> {
  const { ask, run, ticket, votes } = await findAsk(gateway, request.nonce);
  const { terms, kind, deadlineAt } = ask.body.ask;
  if (kind !== request.kind) {
    throw cannot('conflict', ask, `it is a ${kind} request`, `a ${request.kind} request`, 'answer it as what it is');
  }
  const may = await approvers.mayAnswer(ask, ticket, caller, {
    verdict: request.verdict,
    channel: request.channel,
    hasReason: true,
    isConfirmed: true,
  });
  if (may.kind === 'may-not') {
    const expected =
      request.verdict === 'break-glass' && terms.breakGlass
        ? `a person with role "${terms.breakGlass.role}" who may break the glass now`
        : `one of the approvers of terms "${terms.name}"`;
    throw cannot('forbidden', ask, may.reason, expected, 'ask one of them');
  }
  const denial = votes.find(({ vote: { body } }) => body.verdict === 'deny' && body.castAt <= deadlineAt);
  if (request.verdict === 'break-glass' && denial) {
    // The gate would say so, and the one answer that its breaker has would be used up.
    const { principal, castAt, channel } = denial.vote.body;
    const is = `"${principal}" denied it at ${new Date(castAt).toISOString()} from ${channel}, and one denial is enough against it`;
    throw cannot(
      'conflict',
      ask,
      is,
      'a request that nobody denied',
      'your answer is not used up: approve it with the others, or deny it',
    );
  }
  if (request.cardDigest !== ask.body.ask.cardDigest) {
    throw cannot('conflict', ask, 'the card seen is another one', 'its current card', 'look at it again');
  }
  if ((terms.reasonRequired || request.verdict === 'break-glass') && !showsSomething(request.reason)) {
    const who = request.verdict === 'break-glass' ? 'break-glass requires' : 'its terms require';
    throw cannot('input-refused', ask, 'no reason was given', `a reason, which ${who}`, 'say why');
  }
  if (request.reason !== null) await refuseSecrets(gateway, 'the reason', request.reason);
  return { ask, run, ticket, roles: may.roles, groups: may.groups, stepUp: requireConfirmed(ask, request) };
}

/**
 * @param risk of the riskiest call that is approved; absent: of the call that was asked for
 * @throws {CountersignError} `input-refused` where its terms require what was not typed
 */
export function requireConfirmed(
  ask: OpenedAsk,
  { kind, verdict, channel, confirmation }: Pick<AnswerRequest, 'kind' | 'verdict' | 'channel' | 'confirmation'>,
  risk?: Risk,
): StepUp | undefined {
  if (kind !== 'call' || !saysYes(verdict)) return undefined;
  const needed = confirmationNeeded(ask, channel === 'terminal' ? channel : 'api', verdict, risk);
  if (!needed || confirmation === needed.expected) return needed?.method;
  const is = confirmation === undefined ? 'it was not confirmed afresh' : 'another text was typed to confirm it';
  throw cannot('input-refused', ask, is, `"confirmation": "${needed.expected}"`, 'have the person type it');
}

/**
 * @throws {CountersignError} `not-found`; `signature-invalid` where the row is not what the gate signed; `record-invalid` where it,
 * its run or a vote of it was changed
 */
export interface FoundAsk {
  ask: OpenedAsk;
  run: RunRow;
  ticket: TicketBody;
  /** They verify. */
  votes: StoredVote[];
}

export async function findAsk(gateway: GatewayContext, nonce: string): Promise<FoundAsk> {
  const { store } = gateway;
  const [row, votes] = await Promise.all([
    named(nonce, 'request', store.getAsk(nonce)),
    named(nonce, 'vote', store.votesByNonce(nonce)),
  ]);
  if (!row) {
    throw new CountersignError(
      'not-found',
      `Cannot find approval request "${nonce}": there is none, expected the nonce of one; list the open ones`,
    );
  }
  if (verifiedVotes(gateway, votes).length < votes.length) throw unreadableError(nonce, 'vote');
  const ask = openAsk(gateway, row);
  const run = await named(nonce, 'run', store.getRun(row.workflowId));
  const ticket = run ? openTicket(gateway, run.ticket, row.workflowId) : undefined;
  if (ask && run && ticket) return { ask, run, ticket, votes };
  throw new CountersignError(
    'signature-invalid',
    `Cannot show approval request "${nonce}": its record does not verify, expected one the gate signed; treat it as tampered with`,
  );
}

/** A store says which kind of row it cannot read; whoever asked for a request wants to know of which request it is. */
async function named<T>(nonce: string, part: ChangedPart, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (hasErrorCode(error, 'record-invalid')) throw unreadableError(nonce, part);
    throw error;
  }
}

export function cannot(
  code: ErrorCode,
  ask: OpenedAsk,
  is: string,
  expected: string,
  remedy: string,
): CountersignError {
  return new CountersignError(
    code,
    `Cannot answer approval request "${ask.row.approvalId}": ${is}, expected ${expected}; ${remedy}`,
  );
}
