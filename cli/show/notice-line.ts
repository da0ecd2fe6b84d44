/** A notice as one line: which request, which channel, what became of it, and what the channel answered last. */
import type { NoticeView } from '../../client/channel-schemas.ts';
import { visible } from '../terminal.ts';
import { shortNonce, timeText } from './format.ts';

export function noticeLine({
  nonce,
  channel,
  about,
  state,
  attempts,
  nextAt,
  problem,
  toldAt,
  remindedAt,
}: NoticeView): string {
  const parts = [
    shortNonce(nonce),
    visible(channel),
    ...(about === 'review' ? ['break-glass'] : []),
    state,
    attempts === 1 ? '1 attempt' : `${attempts} attempts`,
    ...(toldAt === null ? [] : [`told ${timeText(toldAt)}`]),
    ...(remindedAt === null ? [] : [`reminded ${timeText(remindedAt)}`]),
    ...(state === 'waiting' ? [`next ${timeText(nextAt)}`] : []),
    ...(problem === null ? [] : [visible(problem)]),
  ];
  return parts.join('  ');
}
