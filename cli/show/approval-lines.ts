/** An approval request as text: the card, then what the gateway says of the request. Pure; the card is rendered here. */
import type { ApprovalView, UnreadableRequest } from '../../client/gateway-schemas.ts';
import { namesOfSet } from '../../core/approver-set.ts';
import { renderCardText } from '../../core/card/render-text.ts';
import { votesSoFar } from '../../core/card/votes-so-far.ts';
import { workflowIdSchema } from '../../core/contracts/ids.ts';
import { saysYes } from '../../core/says-yes.ts';
import { visible } from '../terminal.ts';
import { durationText, shortNonce, timeText } from './format.ts';

/** Words of a command to the whole of it. */
type Typed = (words: string) => string;

export function approvalLines(approval: ApprovalView, now: number, typed: Typed): string[] {
  const {
    nonce,
    approvers,
    votes,
    couldAnswer,
    open,
    outcome,
    you,
    deadlineAt,
    cardDigest,
    lastApproved,
    spent,
    untold,
    grants,
  } = approval;
  const situation = {
    cardDigest,
    grants,
    votes: votesSoFar(votes, approvers),
    ...(lastApproved === undefined ? {} : { lastApproved }),
    ...(spent ? { spent } : {}),
  };
  const who = namesOfSet(approvers);
  const lines = [
    renderCardText(approval.card, situation),
    `  request     ${nonce}`,
    `  approvers   ${who === '' ? 'nobody' : who}; ${approvers.quorum} needed${approvers.requesterMayApprove ? '; also whoever asked' : ''}`,
    ...approvers.thresholds.map(
      ({ from, approve, deny }) =>
        `  of these    ${namesOfSet(from)}: ${approve} must approve${deny === undefined ? '' : `, ${deny} can deny`}`,
    ),
    ...capLines(approvers.grants),
    ...(approvers.breakGlass ? [`  alone       role ${visible(approvers.breakGlass.role)} may break the glass`] : []),
    ...(approvers.denials > 1 ? [`  denied by   ${approvers.denials} denials`] : []),
    ...(couldAnswer
      ? [`  could       ${couldAnswer.length === 0 ? 'nobody' : couldAnswer.map(visible).join(', ')}`]
      : []),
    ...(approval.told ?? []).flatMap((one) => toldLines(one).map((text) => `  told        ${text}`)),
    ...(approval.looked ?? []).map((one) => `  looked      ${lookText(one)}`),
    ...votes.map((vote) => `  vote        ${voteText(vote)}`),
  ];
  for (const { channel, problem } of untold ?? []) {
    lines.push(
      `  not told    by ${visible(channel)}: ${visible(problem ?? 'no reason given')}; ${typed(`notices show ${shortNonce(nonce)}`)}`,
    );
  }
  if (!open) return [...lines, `  outcome     ${outcome ?? 'closed'}`];
  lines.push(`  time left   ${durationText(deadlineAt - now)}`);
  if (approval.editing?.warning) lines.push(`  if edited   ${visible(approval.editing.warning)}`);
  const cannot = you.mayDeny ? 'may deny, and not approve' : 'may not answer';
  if (you.answered !== undefined) lines.push(`  you         have answered: ${answeredText(you)}`);
  else if (!you.mayAnswer) lines.push(`  you         ${cannot}: ${visible(you.reason ?? 'no reason given')}`);
  return lines;
}

/** `approve at 2026-07-07T08:03:10Z from web` */
export function answeredText({ answered, answer }: ApprovalView['you']): string {
  return answer ? `${answer.verdict} at ${timeText(answer.castAt)} from ${answer.channel}` : (answered ?? 'nothing');
}

function capLines(cap: ApprovalView['approvers']['grants']): string[] {
  if (!cap) return [];
  const where = cap.scope === 'run' ? 'in this run' : 'in the runs of its agent';
  return [
    `  grants      at most ${cap.uses} calls within ${durationText(cap.ttlMs)}, up to risk ${cap.risk}, ${where}`,
  ];
}

function voteText(vote: ApprovalView['votes'][number]): string {
  const { verdict, principal, castAt, channel, authenticated, uncounted } = vote;
  const nothing = uncounted === undefined ? '' : `; COUNTS FOR NOTHING: ${visible(uncounted)}`;
  return `${verdict} by ${visible(principal)} at ${timeText(castAt)}, from ${channel} with ${visible(authenticated)}${nothing}`;
}

function lookText({
  principal,
  channel,
  firstAt,
  lastAt,
  times,
  authenticated,
}: NonNullable<ApprovalView['looked']>[number]): string {
  const again = times === 1 ? '' : `, ${times} times until ${timeText(lastAt)}`;
  return `${visible(principal)} at ${timeText(firstAt)}${again}, from ${channel} with ${visible(authenticated)}`;
}

/** Each moment at which people were told, and what failed since. */
function toldLines({ channel, at, problem, moments }: NonNullable<ApprovalView['told']>[number]): string[] {
  const told = moments.map((one) => {
    const whom = one.reached.length === 0 ? '' : ` (${one.reached.map(visible).join(', ')})`;
    const why = one.problem === null ? '' : `: ${visible(one.problem)}`;
    return `${visible(channel)} ${one.moment} at ${timeText(one.toldAt)}${whom}${why}`;
  });
  const failing = problem === null ? '' : ` (${visible(problem)})`;
  return [...told, ...(at === null && told.length === 0 ? [`${visible(channel)} not yet${failing}`] : [])];
}

/** What to type, where the caller may. */
export function answerLines({ nonce, approvers, open, you, kind }: ApprovalView, typed: Typed): string[] {
  if (!open || !you.mayAnswer) return [];
  const short = shortNonce(nonce);
  if (you.answered !== undefined) {
    return saysYes(you.answered) ? [`  take back   ${typed(`withdraw ${short}`)}`] : [];
  }
  const reason = ' --reason "…"';
  return [
    kind === 'call'
      ? `  answer with ${typed(`approve ${short}${approvers.reasonRequired ? reason : ''}`)}   or   ${typed(`deny ${short}${reason}`)}`
      : `  answer with ${typed(`reconcile ${short} --happened | --did-not-happen${reason}`)}`,
  ];
}

/** A request that nobody can answer; its names are what a changed row says. */
export function unreadableLines({ nonce, approvalId, workflowId, problem }: UnreadableRequest, typed: Typed): string[] {
  // Only what is a run's name goes into a command that somebody may copy.
  const run = workflowIdSchema.safeParse(workflowId).data;
  const ending = run === undefined ? 'end its run' : `end its run: ${typed(`cancel ${run} --reason "…"`)}`;
  return [
    `UNREADABLE ${visible(approvalId)}`,
    `  request     ${visible(nonce)}`,
    `  run         ${visible(workflowId)}`,
    `  problem     ${visible(problem)}`,
    `  nobody can answer it, and its call does not run; restore the database from a backup, or ${ending}`,
  ];
}
