/**
 * The card as Slack blocks. Every value stands in a preformatted `rich_text` element, whose text Slack does not parse: no
 * mention, link, emoji or formatting comes of it. Labels and buttons are ours; nothing that an agent wrote can be clicked.
 */
import type { Card } from '../contracts/approval.ts';
import { type CardSituation, layOutCard } from './lay-out-card.ts';
import { unlinked } from './unlinked.ts';

export type SlackBlock = Readonly<Record<string, unknown>>;

/** Slack refuses a block whose text is longer; one preformatted block holds the facts, one the arguments. */
const longestText = 2900;
const longestHeader = 150;

export function renderCardSlack(card: Card, situation?: CardSituation): SlackBlock[] {
  const [headline, ...rest] = layOutCard(card, situation);
  const argumentsLine = rest.find(({ kind }) => kind === 'arguments');
  const warnings = rest.filter(({ kind }) => kind === 'warning');
  const facts = rest.filter(({ kind }) => kind === 'fact' || kind === 'said');
  return [
    {
      type: 'header',
      text: { type: 'plain_text', emoji: false, text: cut(unlinked(headline?.text ?? ''), longestHeader) },
    },
    preformatted(unlinked(argumentsLine?.text ?? '')),
    ...(warnings.length > 0 ? [renderLinesSlack(warnings)] : []),
    renderLinesSlack(facts),
  ];
}

export function renderLinesSlack(lines: readonly { label: string; text: string }[]): SlackBlock {
  return preformatted(linesText(lines));
}

/** Whether lines stand in a block whole. */
export function linesFitSlack(lines: readonly { label: string; text: string }[]): boolean {
  return linesText(lines).length <= longestText;
}

function linesText(lines: readonly { label: string; text: string }[]): string {
  return lines.map(({ label, text }) => `${label.padEnd(12)} ${unlinked(text)}`).join('\n');
}

/** Whether a card's arguments stand in a Slack block whole; what is cut there cannot be approved there. */
export function fitsSlack(card: Card): boolean {
  const text = layOutCard(card).find(({ kind }) => kind === 'arguments')?.text ?? '';
  return unlinked(text).length <= longestText;
}

/** Text for `mrkdwn` objects and for the fallback of notifications: Slack's own three signs, and what formats or mentions. */
export function escapeMrkdwn(text: string): string {
  return unlinked(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`@#:]/g, (sign) => `\\u{${sign.charCodeAt(0).toString(16).toUpperCase()}}`);
}

function preformatted(text: string): SlackBlock {
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_preformatted', border: 0, elements: [{ type: 'text', text: cut(text, longestText) }] },
    ],
  };
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text === '' ? ' ' : text;
  const mark = '… (cut)';
  return `${text.slice(0, longest - mark.length).replace(/[\ud800-\udbff]$/, '')}${mark}`;
}
