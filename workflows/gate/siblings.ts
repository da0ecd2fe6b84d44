/**
 * Identical calls of a turn share one ask: which calls the gate is told of, and which take the ask that it made. Whether they
 * are identical, and what each may do, is the gate's to say.
 */
import { callKeyOf, mostCallsPerTurn } from '../../core/contracts/call-names.ts';
import type { CheckCallInput } from '../../core/contracts/activities.ts';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import type { CallProgress } from '../../core/contracts/run.ts';
import type { RunMemory } from '../run-state.ts';

const mostNamed = 63;
/** Of all arguments named together: each is parsed again at each first pass of the turn. */
const mostCharacters = 65_536;

/** Calls of the same tool that wait for a first verdict, as far as there is room. */
export function siblingsOf(run: RunMemory, progress: CallProgress): NonNullable<CheckCallInput['siblings']> {
  if (progress.ask) return [];
  let characters = 0;
  return run.calls
    .filter((other) => other !== progress && other.call.name === progress.call.name && isFree(other, progress.try))
    .slice(0, mostNamed)
    .flatMap(({ index, call: { argumentsText } }) => {
      characters += argumentsText.length;
      return characters > mostCharacters ? [] : [{ index, argumentsText }];
    });
}

function isFree({ index, ask, doubt, result, try: tryNumber }: CallProgress, wanted: number): boolean {
  return !ask && !doubt && !result && tryNumber === wanted && index < mostCallsPerTurn;
}

/** The call asked about and those that the ask covers wait for its votes. */
export function takeAsk(run: RunMemory, progress: CallProgress, signed: SignedDecision): void {
  const { body } = signed;
  if (body.verdict !== 'ask') return;
  const covered = new Set(body.ask.callKeys);
  for (const one of run.calls) {
    const isOther = covered.has(callKeyOf(run.ticket.workflowId, run.turn, one.index)) && isFree(one, progress.try);
    if (one !== progress && !isOther) continue;
    one.ask = signed;
    one.rounds += 1;
  }
}

/** What one call found to be different holds for the others that the ask covers: they ask anew. */
export function dropAsk(run: RunMemory, nonce: string): void {
  for (const one of run.calls) {
    if (!one.result && !one.doubt && one.ask?.body.verdict === 'ask' && one.ask.body.ask.nonce === nonce)
      one.ask = null;
  }
}
