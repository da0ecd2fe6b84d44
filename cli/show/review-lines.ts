/** A review of a break-glass as text: who answered alone, why, and who has signed. Pure. */
import type { ReviewView } from '../../client/review-schemas.ts';
import { visible } from '../terminal.ts';
import { durationText, timeText } from './format.ts';

export function reviewLines(review: ReviewView, now: number): string[] {
  const { nonce, state, overdue, dueAt, by, role, castAt, channel, authenticated, reason, signatures, needed } = review;
  const { tool, agent, environment, risk, couldAnswer, you } = review;
  const open = overdue ? `OVERDUE since ${timeText(dueAt)}` : `open, due in ${durationText(dueAt - now)}`;
  return [
    `Review ${nonce}: ${state === 'open' ? open : 'signed'}, ${signatures.length} of ${needed} have signed`,
    `  call        ${visible(tool)} of ${visible(agent)} on ${visible(environment)} (risk ${risk}), ${visible(review.approvalId)}`,
    `  answered    by ${visible(by)} alone, as ${visible(role)}, at ${timeText(castAt)}, from ${visible(channel)} with ${visible(authenticated)}`,
    `  reason      ${visible(reason)}`,
    ...(couldAnswer ? [`  could       ${couldAnswer.map(visible).join(', ') || 'nobody'}`] : []),
    ...signatures.map(
      ({ principal, finding, reason: why, signedAt, channel: from }) =>
        `  ${finding === 'justified' ? 'justified  ' : 'NOT justified'} by ${visible(principal)} at ${timeText(signedAt)} from ${from}: ${visible(why)}`,
    ),
    ...(state === 'open' && !you.maySign
      ? [`  you         may not sign: ${visible(you.reason ?? 'no reason given')}`]
      : []),
  ];
}
