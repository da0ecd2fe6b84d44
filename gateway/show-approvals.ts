/**
 * Approval requests as approvers see them: from the gate's own signed asks and cards, never from a workflow's word. An
 * open one is listed only while a live run of the same epoch waits with it.
 */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import { signedVoteSchema } from '../core/contracts/approval.ts';
import { renderCardText } from '../core/card.ts';
import { openEnvelope } from '../core/envelope.ts';
import { findAsk } from './answerable.ts';
import type { ApproverCheck } from './approvers.ts';
import { unconfirmed } from './confirm-ask.ts';
import { engineWords, hasEnded } from './engine-word.ts';
import type { Credential } from './credentials.ts';
import { inParallel } from './in-parallel.ts';
import type { GatewayContext } from './options.ts';
import type { AskRow, RunRow } from '../store/store.ts';
import { confirmationNeeded } from './step-up.ts';
import { type OpenedAsk, openAsk, openTicket } from './verified.ts';

export interface ApprovalFilter {
  state: 'open' | 'all';
  workflowId?: string | undefined;
  limit: number;
}

type Words = ReturnType<typeof engineWords>;

const atOnce = 8;
/** Rows read to find those that a live run waits with: asks of runs that were terminated stay open until their deadline. */
const mostRows = 2000;

export async function listApprovals(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Credential,
  filter: ApprovalFilter,
): Promise<ApprovalView[]> {
  const { state, workflowId, limit } = filter;
  const ofRun = workflowId === undefined ? {} : { workflowId };
  const onInvalid = (nonce: string) => {
    gateway.logger.error({ nonce, code: 'record-invalid' }, 'a stored request was changed and is not listed');
  };
  if (state === 'all') {
    const words = engineWords(gateway);
    const rows = await gateway.store.listAsks({ ...ofRun, limit }, onInvalid);
    const asks = rows.flatMap((row) => openAsk(gateway, row) ?? []);
    const views = await inParallel(asks, atOnce, (ask) => viewOf(gateway, approvers, caller, ask, words));
    return views.flatMap((view) => view ?? []);
  }
  // Past ones stay for ever in a store, first by urgency: read with the others, they would crowd those out that wait.
  const dueFrom = gateway.clock.now();
  const rows = await gateway.store.listAsks({ ...ofRun, open: true, dueFrom, limit: mostRows }, onInvalid);
  const words = engineWords(gateway);
  const viewOfLive = async (row: AskRow): Promise<ApprovalView | undefined> => {
    const ask = openAsk(gateway, row);
    if (!ask) return undefined;
    const run = await gateway.store.getRun(ask.row.workflowId);
    const live = run?.closedAt === null && run.runEpoch === ask.row.runEpoch;
    if (!live) return undefined;
    // A server out of reach is asked once more and throws: "nothing waits" would be a guess.
    const word = (await words(ask.row.workflowId)) ?? undefined;
    if ((await unconfirmed(gateway, ask, run, word)) !== undefined) return undefined;
    return await viewOf(gateway, approvers, caller, ask, words);
  };
  const views: ApprovalView[] = [];
  // Only as many as are wanted: with a thousand pending, looking at each would cost more than all the rest.
  for (let from = 0; from < rows.length && views.length < limit; from += limit) {
    const found = await inParallel(rows.slice(from, from + limit), atOnce, viewOfLive);
    views.push(...found.flatMap((view) => view ?? []));
  }
  return views.slice(0, limit);
}

/** @throws {CountersignError} `not-found`, `signature-invalid` */
export async function showApproval(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Credential,
  nonce: string,
): Promise<ApprovalView> {
  const { ask, run, ticket } = await findAsk(gateway, nonce);
  return await toView(gateway, ask, await approvers.mayAnswer(ask, ticket, caller), run, engineWords(gateway));
}

/** Undefined where its run's ticket does not verify: nobody could answer it. */
async function viewOf(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Credential,
  ask: OpenedAsk,
  words: Words,
): Promise<ApprovalView | undefined> {
  const run = await gateway.store.getRun(ask.row.workflowId);
  const ticket = run ? openTicket(gateway, run.ticket, ask.row.workflowId) : undefined;
  if (!run || !ticket) return undefined;
  return await toView(gateway, ask, await approvers.mayAnswer(ask, ticket, caller), run, words);
}

async function toView(
  gateway: GatewayContext,
  { row, body, card }: OpenedAsk,
  may: Awaited<ReturnType<ApproverCheck['mayAnswer']>>,
  run: RunRow,
  words: Words,
): Promise<ApprovalView> {
  const { terms, askedAt, deadlineAt, termsDigest, cardDigest } = body.ask;
  const timeLeftMs = Math.max(0, deadlineAt - gateway.clock.now());
  const undecided = row.outcome === null && timeLeftMs > 0;
  // Nobody closed what a run asked that was ended from outside; an answer to it would reach nobody.
  const abandoned = undecided && hasEnded(run, await words(row.workflowId));
  return {
    nonce: row.nonce,
    approvalId: body.ask.approvalId,
    kind: body.ask.kind,
    workflowId: row.workflowId,
    callKey: body.callKey,
    tool: card.tool,
    card,
    text: renderCardText(card),
    cardDigest,
    askDigest: row.askDigest,
    termsDigest,
    askedAt,
    deadlineAt,
    timeLeftMs,
    open: undecided && !abandoned && run.runEpoch === row.runEpoch,
    outcome: abandoned ? 'withdrawn' : row.outcome,
    approvers: {
      roles: terms.approvers.roles,
      principals: terms.approvers.principals,
      groups: terms.approvers.groups ?? [],
      quorum: terms.quorum,
      denials: terms.denials ?? 1,
      thresholds: terms.thresholds ?? [],
      requesterMayApprove: terms.requesterMayApprove,
      reasonRequired: terms.reasonRequired,
      confirmation: confirmationNeeded({ row, body, card }, 'api')?.expected ?? null,
    },
    votes: await votesOf(gateway, row.nonce),
    you: may.kind === 'may' ? { mayAnswer: true, reason: null } : { mayAnswer: false, reason: may.reason },
  };
}

/** Those that verify; whether they count is the gate's to say. */
async function votesOf({ store, keys, audience }: GatewayContext, nonce: string): Promise<ApprovalView['votes']> {
  const options = { schema: signedVoteSchema, audience, registry: keys.registry, now: null };
  const votes = (await store.votesByNonce(nonce)).map(({ vote }) => openEnvelope(vote, options));
  return votes.flatMap((opened) => {
    if (opened.kind === 'rejected') return [];
    const { principal, verdict, castAt } = opened.signed.body;
    return [{ principal, verdict, castAt }];
  });
}
