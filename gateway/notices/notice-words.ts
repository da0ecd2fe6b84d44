/** What all channels say in the same words. Names are those of the policy, and made visible; nothing here is an agent's. */
import { namesOfSet } from '../../core/approver-set.ts';
import type { ApproverSet } from '../../core/contracts/approval.ts';
import { unlinked } from '../../core/card/unlinked.ts';
import { makeVisible } from '../../core/make-visible.ts';
import type { ReviewTold } from './notice-channel.ts';

export function mayAnswerToo(others: ApproverSet): string {
  return `By now ${makeVisible(namesOfSet(others))} may answer, too.`;
}

/** @param problem in our own words */
export function couldNotTell(channel: string, problem: string): string {
  return `Nobody could be told of this by ${channel} (${problem}). Tell who else must know; it waits all the same.`;
}

/** The first line: what happened, or what is still to be done. */
export function reviewHeadline({ moment, by }: Pick<ReviewTold, 'moment' | 'by'>): string {
  const who = makeVisible(by);
  switch (moment) {
    case 'used':
      return `BREAK-GLASS, ${who} answered alone`;
    case 'reminded':
      return `The review of the break-glass of ${who} is open`;
    case 'overdue':
      return `The review of the break-glass of ${who} is OVERDUE`;
    case 'signed':
      return `The break-glass of ${who} was reviewed`;
  }
}

/** Facts as label and text. The reason is cut, and no link in it can be clicked: the whole is in the review. */
export function reviewFacts(told: ReviewTold): readonly (readonly [string, string])[] {
  const { by, role, reason, castAt, dueAt, couldAnswer, needed, signatures } = told;
  const signed = signatures.map(({ principal, finding }) => `${makeVisible(principal)} (${finding})`).join(', ');
  return [
    ['By', `${makeVisible(by)}, as ${role}, at ${new Date(castAt).toISOString()}`],
    ['Reason', unlinked(makeVisible(reason.slice(0, longestReason))) + (reason.length > longestReason ? '…' : '')],
    ...(couldAnswer
      ? [['Could have answered', couldAnswer.map((one) => makeVisible(one)).join(', ') || 'nobody'] as const]
      : []),
    ['Review', `${needed} others sign it by ${new Date(dueAt).toISOString()}`],
    ['Signed', signed === '' ? 'by nobody yet' : signed],
  ];
}

const longestReason = 500;
