/**
 * The limits of the run's ticket against what was permitted: turns, calls of the run, calls of a turn. Policies may have lower ones,
 * which the gate keeps and counts across runs; those are not judged here.
 */
import { parseCallKey } from '../core/contracts/call-names.ts';
import type { Checks } from './checks.ts';
import type { OpenedDecision, OpenedRecord } from './open-record.ts';

export function verifyLimits({ decisions, ticket }: OpenedRecord, checks: Checks): void {
  if (!ticket) return checks.skip('limits', null, 'there is no ticket to compare with');
  const { turns, callsPerRun, callsPerTurn } = ticket.body.limits;
  const run = new Set<string>();
  const ofTurn = new Map<number, Set<string>>();
  for (const { body, entry } of decisions.filter(isPermit)) {
    const { turn } = parseCallKey(body.callKey);
    // Each call and try counts once, however often a reset's history repeats it.
    const call = `${body.callKey}#${body.try}`;
    const inTurn = (ofTurn.get(turn) ?? new Set<string>()).add(call);
    ofTurn.set(turn, inTurn);
    run.add(call);
    checks.expect('limits', turn <= turns, entry, `it is of turn ${turn}, and the run may have ${turns}`);
    checks.expect('limits', run.size <= callsPerRun, entry, `more calls were permitted than the run’s ${callsPerRun}`);
    const most = inTurn.size <= callsPerTurn;
    checks.expect('limits', most, entry, `more calls were permitted than a turn’s ${callsPerTurn}`);
  }
}

function isPermit({ body }: OpenedDecision): boolean {
  return body.verdict === 'allow' && body.purpose === 'execute';
}
