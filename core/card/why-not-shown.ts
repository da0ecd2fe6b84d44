/**
 * Which channels can show a card fully. An approval from one that cannot is refused: nobody approved what they could not
 * see. A denial needs no full view, it stops something.
 */
import type { Card, VoteBody } from '../contracts/approval.ts';
import { uninspectable } from './lay-out-card.ts';
import { fitsSlack } from './render-slack.ts';

/** Why an approval of this card cannot come from there; undefined when it can. */
export function whyNotShown(card: Card, channel: VoteBody['channel']): string | undefined {
  if (card.argumentsCut && card.argumentsBody === undefined) {
    return `its arguments are ${uninspectable}: they are cut and the whole was not kept`;
  }
  // Where the whole can be opened: it is fetched by its digest.
  if (channel === 'web' || channel === 'terminal' || channel === 'api') return undefined;
  if (card.opaque) return `its arguments hold what is ${uninspectable} in ${channel}`;
  if (card.argumentsCut) return `its arguments are too long for ${channel}`;
  return channel === 'slack' && !fitsSlack(card) ? 'it is too long for slack' : undefined;
}
