/**
 * What a run ends with where an afterAgent guard refused its answer. Anybody with access to the namespace can answer for the
 * activity: a forged refusal keeps an answer back, which whoever can forge it can do in other ways, too.
 */
import type { RunOutcome } from '../core/contracts/activities.ts';
import { field } from './start-shape.ts';

/** @param closed what closing the run came to: anything at all */
export function answerRefused(closed: unknown): { outcome: RunOutcome; text: string } | undefined {
  const refusal = field(closed, 'refusal');
  const [guard, rule, message] = ['guard', 'rule', 'message'].map((name) => field(refusal, name));
  if (typeof guard !== 'string' || typeof rule !== 'string' || typeof message !== 'string') return undefined;
  const text = `The answer was withheld: guard "${guard}" refused it by "${rule}": ${message}`;
  return { outcome: 'refused', text: text.slice(0, 1000).toWellFormed() };
}
