/**
 * Step 1 of the gate: may this run ask at all? Ticket row, link, epochs, turn mark, clock bound, freeze. Everything is
 * read from the store and the server; the workflow's input is only where to look.
 *
 * All that a pass reads of authority, but for people's votes, grants and answers, it reads here, in one snapshot. Whatever comes
 * after it is met where it counts: the run's epoch, link, turn mark, limits and this pass's own decision are looked at again
 * in the transaction that records the decision; freeze, revocations and the fence when the tool runs. An order that comes
 * between the snapshot and the decision would have come between the decision and the tool as well.
 */
import type { CheckCallInput, Hold, RunRefused } from '../../core/contracts/activities.ts';
import { callKeyOf } from '../../core/contracts/call-names.ts';
import type { TicketBody } from '../../core/contracts/ticket.ts';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import {
  type ControlReader,
  freezeOrders,
  type FreezeState,
  policyOrders,
  readFreeze,
} from '../../store/read-control.ts';
import type { GateState, RunRow } from '../../store/store.ts';
import type { LocalCaller } from '../local-activity.ts';
import { isGenuineReceipt } from '../check-recorded.ts';
import { registerLink } from '../register-link.ts';
import type { CheckCallDependencies } from './dependencies.ts';

export interface Standing {
  kind: 'standing';
  caller: LocalCaller;
  callKey: string;
  run: RunRow;
  ticket: TicketBody;
  freeze: FreezeState;
  state: GateState;
  /** Of this very pass, when it was run before. */
  stored: SignedDecision | null;
  /** Orders as the snapshot has them: of freezes and policies. */
  orders: ControlReader['store'];
  /** Wall clock at the start of this pass, ms. */
  now: number;
}

export async function readStanding(
  dependencies: CheckCallDependencies,
  caller: LocalCaller,
  input: CheckCallInput,
): Promise<Standing | RunRefused | Hold> {
  const { store, clock, bounds } = dependencies;
  const callKey = callKeyOf(caller.workflowId, input.turn, input.index);
  const { turn, purpose, pass } = input;
  const query = { ...caller, callKey, turn, try: input.try, purpose, pass };
  const look = async () => await store.gateView(query, [...freezeOrders, ...policyOrders]);
  let view = await look();
  if (!view.state.run) return refused('it has no claimed ticket');
  if (!view.state.link) {
    await registerLink(dependencies, view.state.run, caller.linkRunId);
    view = await look();
  }
  const { state, decision: stored, orders } = view;
  const { run } = state;
  if (!run || run.lastLinkRunId !== caller.linkRunId) return refused('a later link of it is open');
  if (input.turn < run.turnMark) return refused(`turn ${input.turn} is below its mark ${run.turnMark}`);
  const now = clock.now();
  if (Math.abs(now - input.workflowTimeAt) > bounds.clockSkewMs) {
    return hold('clock-skew', `this machine's clock and the server's differ by more than ${bounds.clockSkewMs} ms`);
  }
  const freeze = await readFreeze({ ...dependencies, store: orders });
  if (freeze.frozen) return hold('frozen', 'the fleet is frozen');
  // What an effect is held to is what a tools worker signed: a writer of the database must not choose it.
  const targetStates = state.targetStates.filter((receipt) => isGenuineReceipt(dependencies, receipt));
  const dryRuns = state.dryRuns.filter((receipt) => isGenuineReceipt(dependencies, receipt));
  const own = { ...state, targetStates, dryRuns };
  return { kind: 'standing', caller, callKey, run, ticket: run.ticket.body, freeze, state: own, stored, orders, now };
}

function refused(is: string): RunRefused {
  return { kind: 'refused', code: 'run-refused', reason: `Cannot gate a call of this run: ${is}; start a new run` };
}

function hold(code: Hold['code'], reason: string): Hold {
  return { kind: 'hold', code, reason };
}
