/**
 * The form in which somebody says what a grant is to cover, and what they said in it. Sending it approves nothing: what it comes to
 * is rendered from the grant as the gateway would record it, and confirmed in a second form.
 */
import { z } from 'zod';
import {
  type GrantRequest,
  type ProposedGrant,
  proposedGrantSchema,
  type ProposedGrantView,
} from '../../client/grant-schemas.ts';
import { type CardSituation } from '../../core/card/lay-out-card.ts';
import { renderCardSlack, renderLinesSlack, type SlackBlock } from '../../core/card/render-slack.ts';
import { labelSchema, riskSchema } from '../../core/contracts/labels.ts';
import { digestSchema } from '../../core/contracts/ids.ts';
import { jsonOrUndefined } from '../../core/json-or-undefined.ts';
import { makeVisible } from '../../core/make-visible.ts';
import { parseDuration } from '../../policy/index.ts';
import type { GrantableAsk } from '../grants/grantable.ts';
import { chosenIn, type Sent, tickedIn, typedIn } from './interaction.ts';
import { grantCallback, inputAction, note, plain, textInput } from './messages.ts';

export const grantBlocks = {
  which: 'which',
  patterns: 'patterns',
  uses: 'uses',
  ttl: 'ttl',
  scope: 'scope',
  labels: 'labels',
  risk: 'risk',
} as const;
type GrantBlock = (typeof grantBlocks)[keyof typeof grantBlocks];

/** In the place of the digest of one that was proposed. */
const aNewOne = 'new';
const usualTtlMs = 3_600_000;

/** @param proposed what stands beside the card by now: the first is what is offered */
export function grantForm(
  { ask, cap }: GrantableAsk,
  situation: CardSituation,
  proposed: readonly ProposedGrantView[],
): unknown {
  const { card, body, row } = ask;
  const { cardDigest } = body.ask;
  const risks = riskSchema.options.slice(
    riskSchema.options.indexOf(body.risk),
    riskSchema.options.indexOf(cap.risk) + 1,
  );
  const choices = [
    ...proposed.map((one) => ({
      value: one.grantDigest,
      text: `${one.grantId}, as ${makeVisible(one.proposedBy)} proposed`,
    })),
    { value: aNewOne, text: 'A new one, as below' },
  ];
  return {
    type: 'modal',
    callback_id: grantCallback,
    private_metadata: JSON.stringify({ nonce: row.nonce, cardDigest }),
    title: plain('Calls like this'),
    submit: plain('Show what it covers'),
    close: plain('Cancel'),
    blocks: [
      ...renderCardSlack(card, situation),
      note(
        `Nothing is approved yet. The terms allow at most ${cap.uses} uses within ${durationOf(cap.ttlMs)}, up to risk ${cap.risk}, ${cap.scope === 'run' ? 'in this run alone' : 'also in other runs of the agent'}.`,
      ),
      ...proposed.flatMap(({ grantId, lines }) => [note(`Proposed: ${grantId}`), renderLinesSlack(lines)]),
      ...(proposed.length > 0 ? [choice(grantBlocks.which, 'Which', choices)] : []),
      textInput(grantBlocks.patterns, 'Arguments that may differ', {
        optional: true,
        lines: true,
        longest: 1000,
        hint: 'One a line: service=web-* for texts like it, replicas=[1,2] for one of these. All others stay exactly as they are.',
      }),
      textInput(grantBlocks.uses, 'How many calls', { longest: 4, initial: '1' }),
      textInput(grantBlocks.ttl, 'For how long', {
        longest: 20,
        initial: durationOf(Math.min(cap.ttlMs, usualTtlMs)),
        hint: '30m, 2h',
      }),
      ...(cap.scope === 'agent'
        ? [
            choice(grantBlocks.scope, 'Where', [
              { value: 'run', text: 'In this run' },
              { value: 'agent', text: 'In every run of the agent' },
            ]),
          ]
        : []),
      ticks(grantBlocks.labels, 'What such a run may have read', labelSchema.options, body.labels),
      ...(risks.length > 1
        ? [
            choice(
              grantBlocks.risk,
              'Up to which risk',
              risks.map((risk) => ({ value: risk, text: risk })),
            ),
          ]
        : []),
    ],
  };
}

export type ReadGrantForm =
  | { kind: 'grant'; request: GrantRequest }
  | { kind: 'wrong'; errors: Partial<Record<GrantBlock, string>> };

/** What does not fit is said beside its field. Whether the terms allow the rest, the gateway says. */
export function readGrantForm(sent: Sent): ReadGrantForm {
  const which = chosenIn(sent, grantBlocks.which) ?? aNewOne;
  if (which !== aNewOne) {
    const sign = digestSchema.safeParse(which).data;
    return sign === undefined
      ? { kind: 'wrong', errors: { which: 'Choose one of these' } }
      : { kind: 'grant', request: { sign } };
  }
  const errors: Partial<Record<GrantBlock, string>> = {};
  const uses = typedIn(sent, grantBlocks.uses);
  if (!/^[1-9]\d{0,3}$/u.test(uses)) errors.uses = 'A whole number from 1';
  const ttlMs = parseDuration(typedIn(sent, grantBlocks.ttl)) ?? 0;
  if (ttlMs < 1000) errors.ttl = 'A time such as 30m or 2h';
  const patterns = patternsOf(typedIn(sent, grantBlocks.patterns));
  if (typeof patterns === 'string') errors.patterns = patterns;
  if (Object.keys(errors).length > 0 || typeof patterns === 'string') return { kind: 'wrong', errors };
  const propose = proposedGrantSchema.safeParse({
    arguments: patterns,
    uses: Number(uses),
    ttlMs,
    scope: chosenIn(sent, grantBlocks.scope),
    labels: tickedIn(sent, grantBlocks.labels),
    risk: chosenIn(sent, grantBlocks.risk),
  }).data;
  if (!propose) return { kind: 'wrong', errors: { patterns: 'This is too long, or no pattern' } };
  return { kind: 'grant', request: { propose } };
}

const scalars = z
  .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .min(1)
  .max(50);

/** @returns why not, where a line is none */
function patternsOf(text: string): NonNullable<ProposedGrant['arguments']> | string {
  const patterns: NonNullable<ProposedGrant['arguments']> = {};
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const [, name, value] = /^([^=]{1,200})=(.+)$/su.exec(line) ?? [];
    if (name === undefined || value === undefined) return 'Each line is <argument>=<pattern>';
    const known = patterns[name];
    if (!value.startsWith('[')) {
      if (known && !('like' in known)) return `${name} is said twice`;
      patterns[name] = { like: [...(known?.like ?? []), value] };
      continue;
    }
    const values = scalars.safeParse(jsonOrUndefined(value)).data;
    if (!values) return `${name}: write a list as ["a","b"]`;
    if (known) return `${name} is said twice`;
    patterns[name] = { oneOf: values };
  }
  return patterns;
}

interface Choice {
  value: string;
  text: string;
}

function choice(blockId: string, label: string, choices: readonly Choice[]): SlackBlock {
  const options = choices.map(optionOf);
  return inputOf(blockId, label, { type: 'static_select', options, initial_option: options[0] });
}

function ticks(blockId: string, label: string, values: readonly string[], ticked: readonly string[]): SlackBlock {
  const options = values.map((value) => optionOf({ value, text: value }));
  const initial = options.filter(({ value }) => ticked.includes(value));
  const element = { type: 'checkboxes', options, ...(initial.length > 0 ? { initial_options: initial } : {}) };
  return inputOf(blockId, label, element, true);
}

function inputOf(blockId: string, label: string, element: SlackBlock, optional = false): SlackBlock {
  return {
    type: 'input',
    block_id: blockId,
    optional,
    label: plain(label),
    element: { action_id: inputAction, ...element },
  };
}

function optionOf({ value, text }: Choice) {
  return { value, text: plain(text.slice(0, 75)) };
}

function durationOf(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms >= 60_000 ? `${Math.floor(ms / 60_000)}m` : `${Math.floor(ms / 1000)}s`;
}
