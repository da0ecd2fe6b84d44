/**
 * An approval request as approvers see it: from the gate's own signed ask and card, never from a workflow's word, with what stands
 * beside it. What does not verify is not shown.
 */
import type { ApprovalArguments, ApprovalView } from '../client/gateway-schemas.ts';
import { type CardSituation, layOutCard } from '../core/card/lay-out-card.ts';
import { renderCardText } from '../core/card/render-text.ts';
import type { Channel } from '../core/contracts/approval.ts';
import { howAuthenticated } from '../core/how-authenticated.ts';
import { makeVisible } from '../core/make-visible.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { CountersignError } from '../core/errors.ts';
import { findAsk } from './answerable.ts';
import type { ApproverCheck } from './approvers.ts';
import { type Beside, besideOf } from './beside-requests.ts';
import { beyondLists, situationOf } from './describe-situation.ts';
import { engineWords, hasEnded } from './engine-word.ts';
import type { Credential } from './credentials.ts';
import type { Caller } from './sessions.ts';
import { warningBeforeEdit } from './left-after-edit.ts';
import { noteLook } from './note-look.ts';
import { wholeArguments } from './last-approved.ts';
import { isGrantable } from './grants/grantable.ts';
import type { GatewayContext } from './options.ts';
import type { RunRow } from '../store/store.ts';
import { confirmationNeeded } from './step-up.ts';
import { whyNotEditable } from './prepare-edit.ts';
import type { OpenedAsk } from './verified.ts';
import { votesThatCount } from './votes-that-count.ts';

export type Words = ReturnType<typeof engineWords>;
export type Check = Omit<ApproverCheck, 'atOnce'>;

/** @throws {CountersignError} see `findAsk` */
export async function showApproval(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Caller,
  nonce: string,
  /** Where the caller is shown it; absent: nowhere. */
  from?: Channel,
): Promise<ApprovalView> {
  const { ask, run, ticket, votes } = await findAsk(gateway, nonce);
  if (from !== undefined) await noteLook(gateway, ask, caller, from);
  const you = await rightsOf(approvers, ask, ticket, caller);
  const more = await beyondLists(gateway, ask);
  const ofRequest = (await gateway.store.noticesOf(nonce)).filter(({ about }) => about === undefined);
  const tellings = await gateway.store.tellingsOf(nonce);
  const told = ofRequest.map(({ channel, toldAt, remindedAt, problem }) => {
    const moments = tellings.flatMap(({ nonce: _, channel: by, ...moment }) => (by === channel ? [moment] : []));
    return { channel, at: toldAt, remindedAt, problem, moments };
  });
  const beside = await besideOf(gateway, ask, votes);
  const shown = await votesThatCount(approvers, ask, ticket, beside.votes);
  const around = { ...beside, votes: shown };
  const view = await toView(gateway, ask, caller, you, run, engineWords(gateway), around, more);
  const looked = (await gateway.store.looksOf(nonce)).map(({ authenticated, nonce: _, ...look }) => {
    return { ...look, authenticated: howAuthenticated(authenticated) };
  });
  return { ...view, told, looked, editing: await editingOf(gateway, approvers, ask, ticket, caller) };
}

/** Who edited a call may stop it and not approve it. */
async function rightsOf(
  approvers: Check,
  ask: OpenedAsk,
  ticket: TicketBody,
  caller: Credential,
): Promise<ApprovalView['you']> {
  const may = await approvers.mayAnswer(ask, ticket, caller);
  const alone = await breaksGlass(approvers, ask, ticket, caller);
  if (may.kind === 'may') return { mayAnswer: true, mayDeny: true, reason: null, ...alone };
  const denial = { verdict: 'deny', channel: null, hasReason: true, isConfirmed: true } as const;
  const mayDeny = (await approvers.mayAnswer(ask, ticket, caller, denial)).kind === 'may';
  return { mayAnswer: false, mayDeny, reason: may.reason, ...alone };
}

async function breaksGlass(
  approvers: Check,
  ask: OpenedAsk,
  ticket: TicketBody,
  caller: Credential,
): Promise<Pick<ApprovalView['you'], 'mayBreakGlass'>> {
  if (!ask.body.ask.terms.breakGlass) return {};
  const answer = { verdict: 'break-glass', channel: null, hasReason: true, isConfirmed: true } as const;
  return (await approvers.mayAnswer(ask, ticket, caller, answer)).kind === 'may' ? { mayBreakGlass: true } : {};
}

async function editingOf(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  ask: OpenedAsk,
  ticket: TicketBody,
  caller: Credential,
): Promise<NonNullable<ApprovalView['editing']>> {
  const left = ask.body.ask.editable?.left ?? 0;
  if (left === 0) return { left, mayEdit: false, reason: whyNotEditable(ask) };
  const edit = { verdict: 'edit', channel: null, hasReason: true, isConfirmed: true } as const;
  const may = await approvers.mayAnswer(ask, ticket, caller, edit);
  if (may.kind !== 'may') return { left, mayEdit: false, reason: may.reason };
  const warning = await warningBeforeEdit(gateway, ask, caller);
  return { left, mayEdit: true, reason: null, ...(warning === undefined ? {} : { warning }) };
}

/**
 * The arguments of a request, whole, as their digest says; they may be megabytes.
 * @throws {CountersignError} `not-found`, `signature-invalid`
 */
export async function showArguments(gateway: GatewayContext, nonce: string): Promise<ApprovalArguments> {
  const { ask } = await findAsk(gateway, nonce);
  const { card } = ask;
  const text = await wholeArguments(gateway, card);
  if (text !== null) return { nonce, argumentsDigest: card.argumentsDigest, arguments: text, shown: makeVisible(text) };
  throw new CountersignError(
    'not-found',
    `Cannot show the arguments of approval request "${nonce}": they were cut and the whole is not in the store, expected it there; deny the request`,
  );
}

/** As a list shows it: without what costs a look of its own. */
export async function viewOf(
  gateway: GatewayContext,
  approvers: Check,
  caller: Credential,
  { ask, run, ticket }: { ask: OpenedAsk; run: RunRow; ticket: TicketBody },
  words: Words,
  beside: Beside,
): Promise<ApprovalView> {
  const you = await rightsOf(approvers, ask, ticket, caller);
  const votes = await votesThatCount(approvers, ask, ticket, beside.votes);
  return await toView(gateway, ask, caller, you, run, words, { ...beside, votes });
}

interface Shown extends Omit<Beside, 'votes'> {
  votes: ApprovalView['votes'];
}

async function toView(
  gateway: GatewayContext,
  ask: OpenedAsk,
  caller: Credential,
  you: ApprovalView['you'],
  run: RunRow,
  words: Words,
  { votes, grants, untold, frozen }: Shown,
  extra: Pick<CardSituation, 'lastApproved' | 'spent'> = {},
): Promise<ApprovalView> {
  const { row, body, card } = ask;
  const { terms, askedAt, deadlineAt, termsDigest, cardDigest } = body.ask;
  const now = gateway.clock.now();
  const timeLeftMs = Math.max(0, deadlineAt - now);
  const undecided = row.outcome === null && timeLeftMs > 0;
  // Nobody closed what a run asked that was ended from outside; an answer to it would reach nobody.
  const abandoned = undecided && hasEnded(run, await words(row.workflowId));
  const own = votes.findLast(({ principal }) => principal === caller.principal);
  const situation = { ...situationOf(gateway, ask, votes), ...extra, grants, frozen };
  const { now: _, ...lasting } = situation;
  return {
    nonce: row.nonce,
    approvalId: body.ask.approvalId,
    kind: body.ask.kind,
    workflowId: row.workflowId,
    callKey: body.callKey,
    tool: card.tool,
    times: body.ask.times ?? 1,
    card,
    text: renderCardText(card, situation),
    // For pages, which stay open: the time left goes on there, from `timeLeftMs`.
    lines: layOutCard(card, lasting),
    ...extra,
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
      grants: isGrantable(ask) ? (terms.grants ?? null) : null,
      ...breakGlassOf({ row, body, card }),
    },
    grants,
    votes,
    ...(untold.length === 0 ? {} : { untold }),
    couldAnswer: body.ask.couldAnswer ?? null,
    you: { ...you, ...(own ? answeredBy(own) : {}) },
  };
}

function answeredBy({ principal, verdict, castAt, channel }: ApprovalView['votes'][number]) {
  return { answered: verdict, answer: { principal, verdict, castAt, channel } };
}

function breakGlassOf(ask: OpenedAsk): Pick<ApprovalView['approvers'], 'breakGlass'> {
  const { breakGlass } = ask.body.ask.terms;
  if (!breakGlass) return {};
  const confirmation = confirmationNeeded(ask, 'api', 'break-glass')?.expected ?? '';
  return { breakGlass: { role: breakGlass.role, confirmation, reviewWithinMs: breakGlass.reviewWithinMs } };
}
