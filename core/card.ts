/**
 * What an approver sees. The card is built from canonical arguments and facts of the gate, never from the model's words,
 * and its text form shows every character that could hide, reorder or forge something as an escape. One value, one line.
 */
import type { Card } from './contracts/approval.ts';
import { makeVisible } from './make-visible.ts';

/** Longer canonical arguments are shown as head and tail, characters. */
export const maximumCardArguments = 4096;

const maximumDescription = 400;

/** `arguments` is the RFC 8785 text of the arguments, whole. */
export type CardFacts = Omit<Card, 'argumentsCut'>;

/** What is left out stays bound by `argumentsDigest`; approvers must be able to open the whole. */
export function buildCard(facts: CardFacts): Card {
  const argumentsCut = facts.arguments.length > maximumCardArguments;
  return { ...facts, arguments: argumentsCut ? headAndTail(facts.arguments) : facts.arguments, argumentsCut };
}

/** For terminals: verb and target first, plain text, nothing that a terminal interprets. Ends without a newline. */
export function renderCardText(card: Card): string {
  const verb = card.kind === 'call' ? 'Run' : 'Say what became of';
  const lines = [
    `${verb} ${value(card.tool)} on ${value(card.environment)}`,
    `  arguments   ${value(card.arguments)}`,
    ...(card.argumentsCut ? ['              CUT: head and tail only; open the whole before you answer'] : []),
    `  digest      ${value(card.argumentsDigest)}`,
    `  effect      ${value(card.effect)}, risk ${value(card.risk)}`,
    `  target now  ${card.targetState === null ? 'not read' : value(card.targetState)}`,
    `  asked for   ${value(card.requester)}${card.onBehalfOf === null ? '' : ` on behalf of ${value(card.onBehalfOf)}`}`,
    `  agent       ${value(card.agent)}`,
    `  came from   ${card.labels.length === 0 ? 'no label' : card.labels.map(value).join(', ')}`,
    ...card.rules.map((rule) => `  rule        ${value(rule.id)}: ${value(rule.reason)}`),
    ...card.findings.map(
      (finding) => `  finding     ${value(finding.severity)} ${value(finding.rule)}: ${value(finding.message)}`,
    ),
    `  tool says   ${value(shortened(card.toolDescription))}`,
    ...whatFollows(card),
    `  approval    ${value(card.approvalId)}`,
  ];
  return lines.join('\n');
}

/** What an answer leads to, and what silence does. */
function whatFollows({ kind, deadlineAt, executeWithinMs }: Card): string[] {
  return kind === 'call'
    ? [
        `  answer by   ${time(deadlineAt)}; silence denies`,
        `  then runs   within ${executeWithinMs / 1000} s of the deciding vote`,
      ]
    : [
        `  answer by   ${time(deadlineAt)}; silence leaves its outcome unknown`,
        '  then        if it did not happen, the gate decides anew whether it is tried again',
      ];
}

function value(text: string): string {
  return makeVisible(text);
}

/** A tool's author may write at length to push the rest out of sight. */
function shortened(text: string): string {
  return text.length > maximumDescription ? `${withoutHalfPair(text.slice(0, maximumDescription))}…` : text;
}

function time(at: number): string {
  // Beyond this Date has no text; a contract timestamp may be larger.
  return at <= 8_640_000_000_000_000 ? new Date(at).toISOString() : `${at} ms`;
}

function headAndTail(text: string): string {
  const marker = ` …[${text.length - maximumCardArguments} or more characters cut]… `;
  const room = maximumCardArguments - marker.length;
  const head = text.slice(0, Math.ceil(room / 2));
  const tail = text.slice(text.length - Math.floor(room / 2));
  return `${withoutHalfPair(head)}${marker}${withoutHalfPair(tail)}`;
}

/** Half of a surrogate pair at the cut would make the card text that no JSON can carry. */
function withoutHalfPair(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '').replace(/^[\udc00-\udfff]/, '');
}
