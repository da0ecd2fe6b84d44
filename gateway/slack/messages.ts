/**
 * What is written to Slack: the message of a request, its outcome, and the modal in which it is answered. Every value stands
 * in text that Slack does not parse; buttons and links are ours, and a button carries the request's nonce and nothing else.
 */
import type { Card } from '../../core/contracts/approval.ts';
import { editableJson } from '../../core/card/editable-json.ts';
import { type CardSituation, timesOf } from '../../core/card/lay-out-card.ts';
import { escapeMrkdwn, renderCardSlack, renderLinesSlack, type SlackBlock } from '../../core/card/render-slack.ts';
import type { GrantLine } from '../../core/grant/grant-words.ts';
import type { GrantRequest } from '../../client/grant-schemas.ts';
import type { FailedNotice, Reminder, ReviewTold } from '../notices/notice-channel.ts';
import { couldNotTell, mayAnswerToo, reviewFacts, reviewHeadline } from '../notices/notice-words.ts';
import { whyNotShown } from '../../core/card/why-not-shown.ts';
import { channelRefusal } from '../../policy/index.ts';
import { isGrantable } from '../grants/grantable.ts';
import type { OpenedAsk } from '../verified.ts';

export interface SlackMessage {
  text: string;
  blocks: SlackBlock[];
}

export const actionIds = {
  approve: 'countersign-approve',
  deny: 'countersign-deny',
  edit: 'countersign-edit',
  grant: 'countersign-grant',
} as const;
export const answerCallback = 'countersign-answer';
export const grantCallback = 'countersign-grant-form';
export const reasonBlock = 'reason';
export const confirmBlock = 'confirm';
export const argumentsBlock = 'arguments';
export const inputAction = 'value';

/** In notifications, which show no blocks: our own words and two names that an operator chose. */
function fallback(card: Card, state: string): string {
  return escapeMrkdwn(`${state}: ${card.tool} on ${card.environment}${timesOf(card)} (risk ${card.risk})`);
}

/** A button that could only lead to a refusal is not there; why is said instead. */
export function requestMessage(ask: OpenedAsk, situation: CardSituation, inboxUrl: string): SlackMessage {
  const { card, body } = ask;
  const { nonce } = ask.row;
  const isCall = card.kind === 'call';
  const mayBeEdited = body.ask.editable !== undefined;
  const forbidden = channelRefusal({ terms: body.ask.terms, risk: body.risk }, 'slack');
  const why = isCall ? (whyNotShown(card, 'slack') ?? forbidden) : 'it asks what became of a call';
  const button = (id: keyof typeof actionIds, text: string, style?: string) => ({
    type: 'button',
    action_id: actionIds[id],
    ...(style === undefined ? {} : { style }),
    value: nonce,
    text: { type: 'plain_text', emoji: false, text },
  });
  const elements = [
    ...(why === undefined ? [button('approve', 'Approve…', 'primary')] : []),
    ...(isCall ? [button('deny', 'Deny…', 'danger')] : []),
    ...(why === undefined && mayBeEdited && argumentsForm(card) !== undefined ? [button('edit', 'Edit…')] : []),
    ...(why === undefined && isGrantable(ask) ? [button('grant', 'Approve calls like it…')] : []),
    { type: 'button', action_id: 'countersign-inbox', url: inboxUrl, text: plain('Open in the inbox') },
  ];
  return {
    text: fallback(card, 'Waits for an answer'),
    blocks: [
      ...renderCardSlack(card, situation),
      ...(why === undefined ? [] : [note(`Cannot be approved from Slack: ${why}. Open it in the inbox.`)]),
      { type: 'actions', elements },
    ],
  };
}

/** Without buttons: whatever still shows some answers nothing. */
export function outcomeMessage(card: Card, situation: CardSituation, outcome: string, by: string[]): SlackMessage {
  const who = by.length === 0 ? '' : ` ${by.join('; ')}`;
  return {
    text: fallback(card, outcome),
    blocks: [...renderCardSlack(card, situation), note(`${outcome}.${who}`)],
  };
}

export function reminderMessage(card: Card, { leftMs, escalatedTo }: Reminder): SlackMessage {
  const minutes = Math.max(1, Math.round(leftMs / 60_000));
  const others = escalatedTo === null ? '' : ` ${mayAnswerToo(escalatedTo)}`;
  const text = `Still waits for an answer; about ${minutes} min left, then silence decides.${others}`;
  return { text: fallback(card, 'Still waits'), blocks: [note(text)] };
}

/**
 * Wakes everybody who follows the channel when the glass was broken and when its review is overdue. The mention is ours, in a text
 * that Slack parses; what a person gave as the reason stands in one that it does not.
 */
export function reviewMessage(card: Card, told: ReviewTold, inboxUrl: string): SlackMessage {
  const headline = reviewHeadline(told);
  const isLoud = told.moment === 'used' || told.moment === 'overdue';
  const words = `${headline}, ${card.tool} on ${card.environment}${timesOf(card)} (risk ${card.risk})`;
  const call = isLoud ? '<!channel> ' : '';
  const facts = reviewFacts(told).map(([label, value]) => note(`${label}: ${value}`));
  const button = { type: 'button', action_id: 'countersign-inbox', url: inboxUrl, text: plain('Open in the inbox') };
  return {
    text: `${call}${escapeMrkdwn(words)}`,
    blocks: [
      ...(isLoud ? [{ type: 'section', text: { type: 'mrkdwn', text: `${call}*BREAK-GLASS*` } }] : []),
      note(words),
      ...facts,
      { type: 'actions', elements: [button] },
    ],
  };
}

/** In our words: what another channel answered is none of Slack's business. */
export function alarmMessage(card: Card, { channel, problem }: FailedNotice): SlackMessage {
  return { text: fallback(card, 'Not everybody was told'), blocks: [note(couldNotTell(channel, problem))] };
}

export function whisper(text: string, link?: { url: string; text: string }): SlackMessage {
  const blocks: SlackBlock[] = [note(text)];
  if (link) {
    const button = { type: 'button', action_id: 'countersign-link', url: link.url, text: plain(link.text) };
    blocks.push({ type: 'actions', elements: [button] });
  }
  return { text: escapeMrkdwn(text), blocks };
}

/** Rendered here from the signed card, whatever the message in the channel shows by now. */
export function answerView(
  card: Card,
  situation: CardSituation,
  request: {
    nonce: string;
    cardDigest: string;
    verdict: 'approve' | 'deny' | 'edit';
    reasonRequired: boolean;
    /** To be typed; undefined: nothing. */
    confirmation: string | undefined;
    /** Of an edit: what it would most likely end in; absent: nothing to warn of. */
    warning?: string | undefined;
    /** What is approved besides: as it goes back with the answer, and in the gateway's words. */
    grant?: { request: GrantRequest; lines: readonly GrantLine[] };
  },
): unknown {
  const { nonce, cardDigest, verdict, reasonRequired, confirmation, warning, grant } = request;
  const form = verdict === 'edit' ? argumentsForm(card) : undefined;
  return {
    type: 'modal',
    callback_id: answerCallback,
    private_metadata: JSON.stringify({ nonce, cardDigest, verdict, ...(grant ? { grant: grant.request } : {}) }),
    title: plain(grant ? 'Approve all of this?' : titles[verdict]),
    submit: plain(submits[verdict]),
    close: plain('Cancel'),
    blocks: [
      ...renderCardSlack(card, situation),
      ...(grant ? [note(grantNote), renderLinesSlack(grant.lines)] : []),
      ...(form === undefined
        ? []
        : [
            note(warning === undefined ? editNote : `${editNote} Before you send it: ${warning}.`),
            textInput(argumentsBlock, 'Arguments (JSON)', { lines: true, longest: longestForm, initial: form }),
          ]),
      textInput(reasonBlock, 'Reason', { optional: !reasonRequired, lines: true, longest: 2000 }),
      ...(confirmation === undefined
        ? []
        : [textInput(confirmBlock, confirmLabel(card, confirmation), { longest: 100 })]),
    ],
  };
}

const grantNote =
  'You approve this call, and from now on each call like it without being asked, as far as these lines say:';
const titles = { approve: 'Approve this?', deny: 'Deny this?', edit: 'Edit the arguments' } as const;
const submits = { approve: 'Approve', deny: 'Deny', edit: 'Ask with these' } as const;
const editNote =
  'Sending this ends the request. The call goes through the gate anew with these arguments, and you do not approve it then.';
/** Slack takes no longer text in one field. */
const longestForm = 3000;

/** What is edited, as JSON; undefined where Slack has no room for it. */
export function argumentsForm(card: Card): string | undefined {
  const text = editableJson(card.arguments);
  return text !== undefined && text.length <= longestForm ? text : undefined;
}

function confirmLabel({ risk }: Card, expected: string): string {
  return `${risk === 'critical' ? 'Critical: type' : 'Type'} ${expected}`;
}

/** In place of the form, once it was sent. */
export function toldView(text: string): unknown {
  return {
    type: 'modal',
    title: plain('Countersign'),
    close: plain('Close'),
    // Also what lies below it: a form that was sent is not sent again.
    clear_on_close: true,
    blocks: [note(text)],
  };
}

/** A field that is typed into. */
export function textInput(
  blockId: string,
  label: string,
  more: { optional?: boolean; lines?: boolean; longest: number; initial?: string; hint?: string },
): SlackBlock {
  const { optional = false, lines = false, longest, initial, hint } = more;
  return {
    type: 'input',
    block_id: blockId,
    optional,
    label: plain(label),
    ...(hint === undefined ? {} : { hint: plain(hint) }),
    element: {
      type: 'plain_text_input',
      action_id: inputAction,
      multiline: lines,
      max_length: longest,
      ...(initial === undefined ? {} : { initial_value: initial }),
    },
  };
}

export function plain(text: string): SlackBlock {
  return { type: 'plain_text', emoji: false, text };
}

export function note(text: string): SlackBlock {
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: text.slice(0, 2900) }] }],
  };
}
