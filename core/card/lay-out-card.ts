/**
 * The one rendering of a card that every channel shows: which lines there are, in which order, in which words. Each value is
 * made visible here; what a channel's own syntax would act on, its renderer escapes. One value, one line.
 */
import type { Card } from '../contracts/approval.ts';
import type { GrantLine } from '../grant/grant-words.ts';
import type { ArgumentChanges } from './compare-arguments.ts';
import { withoutHalfPair } from './build-card.ts';
import { type CardLine, fact, time, value, warning } from './card-line.ts';
import { shortDigest } from './digest-words.ts';
import { dryRunLines, targetLines } from './tool-words-lines.ts';
import { isValueHint, untrustedLines } from './untrusted-lines.ts';

/** What is not in the signed card because it changes while the request waits. Absent parts are not shown. */
export interface CardSituation {
  /** Ms; with it the time left is shown. */
  now?: number;
  cardDigest?: string;
  /** `seats`: of the quorum, for people of one set each. */
  votes?: { approvals: number; quorum: number; seats?: readonly { of: string; approve: number }[] };
  /** `cost`: in the currency of the policy's prices; null: a model has no price. Absent: the policy has none. */
  spent?: { calls: number; inputTokens: number; outputTokens: number; cost?: number | null | undefined };
  /** Proposed with the request, in words. */
  grants?: readonly { grantId: string; approvals: readonly string[]; lines: readonly GrantLine[] }[];
  /** Nothing starts before a thaw, whatever is answered. */
  frozen?: boolean;
  /** Null: looked for, and there is none. */
  lastApproved?: ({ approvalId: string; at: number; by: string[] } & ArgumentChanges) | null;
}

const maximumDescription = 400;
export const uninspectable = 'UNINSPECTABLE';

export function layOutCard(card: Card, situation: CardSituation = {}): CardLine[] {
  const verb = card.kind === 'call' ? 'Run' : 'Say what became of';
  return [
    { kind: 'headline', label: '', text: `${verb} ${value(card.tool)} on ${value(card.environment)}${timesOf(card)}` },
    { kind: 'arguments', label: 'arguments', text: value(card.arguments) },
    ...cutLines(card),
    ...(card.opaque ?? []).map((one) =>
      warning(
        uninspectable,
        `${value(one.path)}: ${one.length} characters of ${whyText[one.why]}, ${value(one.digest)}`,
      ),
    ),
    ...untrustedLines(card),
    fact('digest', `${value(card.argumentsDigest)} (${shortDigest(card.argumentsDigest)})`),
    ...editedLines(card),
    ...changeLines(situation.lastApproved),
    fact('effect', `${value(card.effect)}, risk ${value(card.risk)}`),
    ...riskLines(card),
    ...(card.blastRadius === undefined ? [] : [fact('can hit', value(card.blastRadius))]),
    ...(card.undo === undefined ? [] : [fact('undone by', value(card.undo))]),
    ...targetLines(card),
    ...dryRunLines(card),
    fact(
      'asked for',
      `${value(card.requester)}${card.onBehalfOf === null ? '' : ` on behalf of ${value(card.onBehalfOf)}`}`,
    ),
    ...(card.owners ? [fact('behind it', `also ${card.owners.map(value).join(', ')}`)] : []),
    fact('agent', value(card.agent)),
    ...(card.times === undefined
      ? []
      : [fact('asked', `${card.times} identical calls of one turn; an answer is for each of them`)]),
    fact('came from', card.labels.length === 0 ? 'no label' : card.labels.map(value).join(', ')),
    ...card.rules.map((rule) => fact('rule', `${value(rule.id)}: ${value(rule.reason)}`)),
    ...card.findings
      .filter((one) => !isValueHint(one))
      .map((one) => fact('finding', `${value(one.severity)} ${value(one.rule)}: ${value(one.message)}`)),
    { kind: 'said', label: 'tool says', text: value(shortened(card.toolDescription)) },
    ...whatFollows(card, situation.now),
    ...(situation.frozen === true
      ? [warning('FROZEN', 'the fleet is frozen: an answer counts, and nothing starts before a thaw')]
      : []),
    ...situationLines(situation),
    fact('approval', value(card.approvalId)),
    ...(situation.cardDigest === undefined ? [] : [fact('card', shortDigest(situation.cardDigest))]),
  ];
}

/** In the headline: an approval of one call and of many look alike otherwise. */
export function timesOf({ times }: Card): string {
  return times === undefined ? '' : `, ${times} times`;
}

/** A risk that nobody can place is one that nobody can weigh. */
function riskLines({ riskFrom = [] }: Card): CardLine[] {
  return riskFrom.map(({ from, what }) => fact('risk from', `${originText[from]} ${value(what)}`));
}

const originText = {
  policy: 'the policy, for tools',
  tool: 'the definition of the tool',
  guard: 'what a guard found:',
  name: 'the name of the tool',
  arguments: 'a command or statement in the arguments of',
  effect: 'the effect class',
} as const;

const whyText = { base64: 'base64', hex: 'hex digits', 'hidden-characters': 'mostly hidden characters' } as const;

function cutLines({ argumentsCut, argumentsLength, argumentsBody }: Card): CardLine[] {
  if (!argumentsCut) return [];
  const length = argumentsLength === undefined ? '' : ` of ${argumentsLength} characters`;
  return argumentsBody === undefined
    ? [warning(uninspectable, `CUT: head and tail${length} only, and the whole was not kept`)]
    : [warning('', `CUT: head and tail${length} only; open the whole before you answer`)];
}

/** A person's arguments are not the agent's: what it had asked for is shown beside them. */
function editedLines({ edited }: Card): CardLine[] {
  if (!edited) return [];
  const { by, changes, more, originalDigest } = edited;
  const who = by.map(value).join(', ');
  return [
    warning('EDITED', `by ${who}, who may not approve it; what the agent asked for was ${value(originalDigest)}`),
    ...changes.map((one) => fact('edited', changeText(one))),
    ...(more > 0 ? [fact('edited', `and ${more} more`)] : []),
  ];
}

function changeText({ path, before, after }: ArgumentChanges['changes'][number]): string {
  return `${value(path === '' ? '(all)' : path)}: ${was(before)} → ${was(after)}`;
}

function changeLines(last: CardSituation['lastApproved']): CardLine[] {
  if (last === undefined) return [];
  if (last === null)
    return [fact('like before', 'nothing of this tool and agent to compare with among the newest approved requests')];
  const who = `approved by ${last.by.map(value).join(', ')} at ${time(last.at)}`;
  if (last.changes.length === 0) return [fact('like before', `the same arguments were ${who}`)];
  const lines = last.changes.map((one) => fact('changed', changeText(one)));
  const more = last.more > 0 ? [fact('changed', `and ${last.more} more`)] : [];
  return [fact('like before', `differs from what was ${who} in:`), ...lines, ...more];
}

function was(text: string | null): string {
  return text === null ? 'absent' : value(text);
}

/** What an answer leads to, and what silence does. */
function whatFollows({ kind, deadlineAt, executeWithinMs }: Card, now: number | undefined): CardLine[] {
  const left = now === undefined ? '' : ` (${leftText(deadlineAt - now)})`;
  return kind === 'call'
    ? [
        fact('answer by', `${time(deadlineAt)}${left}; silence denies`),
        fact('then runs', `within ${executeWithinMs / 1000} s of the deciding vote`),
      ]
    : [
        fact('answer by', `${time(deadlineAt)}${left}; silence leaves its outcome unknown`),
        fact('then', 'if it did not happen, the gate decides anew whether it is tried again'),
      ];
}

function situationLines({ votes, spent, grants = [] }: CardSituation): CardLine[] {
  return [
    ...grants.flatMap(grantLinesOf),
    ...(votes ? [fact('votes', votesText(votes))] : []),
    ...(spent
      ? [
          fact(
            'run so far',
            `${spent.calls} calls, ${spent.inputTokens} tokens read, ${spent.outputTokens} written${costText(spent.cost)}`,
          ),
        ]
      : []),
  ];
}

/** So many approvals alone may still be too few: whose they must be is said with their number. */
function votesText({ approvals, quorum, seats = [] }: NonNullable<CardSituation['votes']>): string {
  const among = seats.map(({ of, approve }) => `${approve} of ${value(of)}`);
  return `${approvals} of ${quorum} approvals so far${among.length === 0 ? '' : `; needed among them: ${among.join(', ')}`}`;
}

/** More than this call: it is said as a warning, whoever approves the call alone approves none of it. */
function grantLinesOf({ grantId, approvals, lines }: NonNullable<CardSituation['grants']>[number]): CardLine[] {
  const by = approvals.length === 0 ? 'nobody' : approvals.map(value).join(', ');
  return [
    warning('grant', `${value(grantId)} is proposed beside this call, approved by ${by} so far. It would cover:`),
    ...lines.map(({ label, text }) => fact('', `${label}: ${value(text)}`)),
  ];
}

/** To four places, upwards: what was spent is never shown as less. */
function costText(cost: number | null | undefined): string {
  if (cost === undefined) return '';
  if (cost === null) return ', at a cost that is not known: a model has no price';
  return `, at a cost of ${Math.ceil(Number((cost * 10_000).toPrecision(12))) / 10_000}`;
}

/** A tool's author may write at length to push the rest out of sight. */
function shortened(text: string): string {
  return text.length > maximumDescription ? `${withoutHalfPair(text.slice(0, maximumDescription))}…` : text;
}

function leftText(ms: number): string {
  if (ms <= 0) return 'over';
  const seconds = Math.floor(ms / 1000);
  return seconds < 120
    ? `${seconds} s left`
    : seconds < 7200
      ? `${Math.floor(seconds / 60)} min left`
      : `${Math.floor(seconds / 3600)} h left`;
}
