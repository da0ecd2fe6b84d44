/**
 * The card for terminals and plain mail: nothing that a terminal interprets, and no address in it that a terminal would
 * make clickable. Ends without a newline.
 */
import type { Card } from '../contracts/approval.ts';
import { type CardSituation, layOutCard } from './lay-out-card.ts';
import { unlinked } from './unlinked.ts';

const labelWidth = 12;

export function renderCardText(card: Card, situation?: CardSituation): string {
  return layOutCard(card, situation)
    .map(({ kind, label, text }) =>
      kind === 'headline'
        ? unlinked(text)
        : `  ${label.padEnd(labelWidth)}${label.length < labelWidth ? '' : ' '}${unlinked(text)}`,
    )
    .join('\n');
}
