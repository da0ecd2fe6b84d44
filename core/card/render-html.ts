/**
 * The card as an HTML fragment without scripts, styles or links: text in elements of fixed names. What the page around it
 * allows is the page's own Content-Security-Policy.
 */
import type { Card } from '../contracts/approval.ts';
import { type CardSituation, layOutCard } from './lay-out-card.ts';

export function renderCardHtml(card: Card, situation?: CardSituation): string {
  const [headline, ...rest] = layOutCard(card, situation);
  const rows = rest.map(({ kind, label, text }) => {
    const shown = kind === 'arguments' ? `<pre>${escapeHtml(text)}</pre>` : escapeHtml(text);
    return `<div class="${kind}"><dt>${escapeHtml(label)}</dt><dd>${shown}</dd></div>`;
  });
  return `<article class="card"><h2>${escapeHtml(headline?.text ?? '')}</h2><dl>${rows.join('')}</dl></article>`;
}

/** For text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
