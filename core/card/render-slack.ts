/**
 * The card as Slack blocks. Every value stands in a preformatted `rich_text` element, whose text Slack does not parse: no
 * mention, link, emoji or formatting comes of it. Labels and buttons are ours; nothing that an agent wrote can be clicked.
 */
import type { Card } from '../contracts/approval.ts';
import { withoutHalfPair } from './build-card.ts';
import type { CardLine } from './card-line.ts';
import { type CardSituation, layOutCard } from './lay-out-card.ts';
import { unlinked } from './unlinked.ts';

export type SlackBlock = Readonly<Record<string, unknown>>;

/** Slack refuses a block whose text is longer. */
const longestText = 2900;
const longestHeader = 150;
/**
 * Of all blocks of a card together. Slack refuses a message of more than about 13,000 characters with `msg_blocks_too_long`,
 * at a bound that it does not document (slackapi/bolt-js issue 2509); note and buttons need room, too.
 */
const longestCard = 10_000;
/** Of that, what the signed card may take. */
const longestSigned = 8000;
const cutMark = '… (cut)';

export function renderCardSlack(card: Card, situation?: CardSituation): SlackBlock[] {
  const [headline, ...rest] = layOutCard(card, situation);
  return [
    {
      type: 'header',
      text: { type: 'plain_text', emoji: false, text: cut(unlinked(headline?.text ?? ''), longestHeader) },
    },
    ...slackTexts(rest, longestCard).texts.map(preformatted),
  ];
}

/** What does not fit is cut. */
export function renderLinesSlack(lines: readonly { label: string; text: string }[]): SlackBlock {
  return preformatted(cut(linesText(lines), longestText));
}

/** Whether lines stand in a block whole. */
export function linesFitSlack(lines: readonly { label: string; text: string }[]): boolean {
  return linesText(lines).length <= longestText;
}

function linesText(lines: readonly { label: string; text: string }[]): string {
  return lines.map(lineText).join('\n');
}

function lineText({ label, text }: { label: string; text: string }): string {
  return `${label.padEnd(12)} ${unlinked(text)}`;
}

/**
 * Whether everything that the gate signed stands in Slack's blocks whole: what is cut there cannot be approved there. What
 * else is shown while the request waits has room left.
 */
export function fitsSlack(card: Card): boolean {
  const [headline, ...rest] = layOutCard(card);
  return unlinked(headline?.text ?? '').length <= longestHeader && slackTexts(rest, longestSigned).whole;
}

/** The arguments, then the warnings, then the rest, in as many blocks as they need and a message has room for. */
function slackTexts(lines: readonly CardLine[], room: number): { texts: string[]; whole: boolean } {
  const of = (...kinds: CardLine['kind'][]): string[] => lines.filter(({ kind }) => kinds.includes(kind)).map(lineText);
  const args = lines.find(({ kind }) => kind === 'arguments')?.text ?? '';
  const texts = [unlinked(args), ...packed(of('warning')), ...packed(of('fact', 'said'))];
  const shown: string[] = [];
  let left = room;
  let whole = true;
  for (const text of texts) {
    const longest = Math.min(longestText, left);
    whole &&= text.length <= longest;
    if (longest > cutMark.length) shown.push(cut(text, longest));
    left -= Math.min(text.length, longest);
  }
  return { texts: shown, whole };
}

/** As few blocks as hold the lines; none where there are no lines. */
function packed(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= longestText)
      texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  return texts;
}

/** What Slack makes a mention, a format or an emoji of. Within a word `_` formats nothing, and `:` before a blank names nothing. */
const formatting = /[*~`@#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=\S)/g;

/** Text for `mrkdwn` objects and for the fallback of notifications: Slack's own three signs, and what formats or mentions. */
export function escapeMrkdwn(text: string): string {
  return unlinked(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(formatting, (sign) => `\\u{${sign.charCodeAt(0).toString(16).toUpperCase()}}`);
}

function preformatted(text: string): SlackBlock {
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_preformatted', border: 0, elements: [{ type: 'text', text: text === '' ? ' ' : text }] },
    ],
  };
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${withoutHalfPair(text.slice(0, longest - cutMark.length))}${cutMark}`;
}
