/**
 * The people around one request, for a postmortem: who could answer it, who was told of it, who looked at it. Names and addresses
 * are made visible; what nobody signs says so.
 */
import type { Look } from '../core/contracts/look.ts';
import type { Telling } from '../core/contracts/telling.ts';
import { howAuthenticated } from '../core/how-authenticated.ts';
import { makeVisible } from '../core/make-visible.ts';
import { timeOf } from './time-text.ts';
import type { TimelineEntry } from './timeline.ts';

type People = Pick<Extract<TimelineEntry, { kind: 'asked' }>, 'couldAnswer' | 'told' | 'looked'>;

export function peopleLines({ couldAnswer, told, looked }: People): string[] {
  return [
    ...(couldAnswer ? [`who could answer: ${listed(couldAnswer) || 'nobody'}`] : []),
    ...told.map((telling) => toldText(telling)),
    ...looked.map((look) => lookText(look)),
  ];
}

const momentWords = {
  requested: 'told',
  reminded: 'reminded',
  escalated: 'reminded, and told who may answer besides by now',
  closed: 'told of the end',
  'break-glass': 'told of the break-glass',
  'review-reminded': 'reminded of the review',
  'review-overdue': 'told that the review is overdue',
  'review-signed': 'told that the review is signed',
  'gave-up': 'NOT TOLD, and given up',
} as const;

function toldText({ channel, moment, toldAt, reached, problem }: Telling): string {
  const whom = reached.length === 0 ? '' : ` (${listed(reached)})`;
  const why = problem === null ? '' : `: ${makeVisible(problem)}`;
  return `${momentWords[moment]}: ${makeVisible(channel)}${whom} at ${timeOf(toldAt)}${why}; not signed`;
}

function lookText({ principal, channel, authenticated, firstAt, lastAt, times }: Look): string {
  const again = times === 1 ? '' : `, ${times} times until ${timeOf(lastAt)}`;
  const how = makeVisible(howAuthenticated(authenticated));
  return `looked: ${makeVisible(principal)} through ${channel} (${how}) at ${timeOf(firstAt)}${again}; not signed`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => makeVisible(name)).join(', ');
}
