/**
 * An agent run: open-run, then turns (call-model, gate) until the model has no more calls, then close-run. It carries the
 * flow only: what may happen is decided behind the gate, from the store and from signatures.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { linkNotOpen, type RunOpened, type RunOutcome } from '../core/contracts/activities.ts';
import type { ErrorCode } from '../core/contracts/errors.ts';
import type { RunInput, RunResult } from '../core/contracts/run.ts';
import { local, type Remote, remoteActivities } from './activities.ts';
import { answerRefused } from './answer-refused.ts';
import { compactTranscript, needsCompaction } from './compact.ts';
import { gateCalls, voidDoubts, withdrawAsks } from './gate.ts';
import { registerHandlers } from './handlers.ts';
import { holdRun, showState } from './hold.ts';
import { continueAsNewLink, NewLinkWanted } from './new-link.ts';
import { noteRefusals } from './refusals.ts';
import { watchResets } from './reset-watch.ts';
import { RunRefusedError } from './run-refused.ts';
import { RunMemory } from './run-state.ts';
import { field, hasTicketShape } from './start-shape.ts';
import { watchInbox } from './vote-inbox.ts';

/**
 * A reset makes a link that the store has not heard of, and behind the last gate pass nobody tells it. Such a link opens the
 * run and asks again. The answers of the link before stay in its history, and anybody may forge one: not for ever.
 */
const mostTries = 5;

interface Ending {
  outcome: RunOutcome;
  text: string;
}

export async function agentRun(input: RunInput): Promise<RunResult> {
  const run = await memoryOf(input);
  registerHandlers(run);
  watchResets();
  const remote = remoteActivities(input.ticket.body.taskQueues);
  const inbox = new CancellationScope();
  try {
    const opened = await openRun(run, input);
    if (input.flow === null)
      run.append({ role: 'user', text: (input.input ?? '').toWellFormed(), labels: opened.inputLabels });
    run.stage = 'working';
    void inbox.run(() => watchInbox(run)).catch(() => undefined);
    return await close(run, remote, input, await turns(run, remote, input));
  } catch (error) {
    return error instanceof NewLinkWanted ? await goOn(run, remote, input) : await endBadly(run, remote, input, error);
  } finally {
    inbox.cancel();
  }
}

/**
 * Anybody with access to the namespace can start this with anything. A TypeError would make the first task fail for as long
 * as nobody terminates the run; what has no ticket's shape ends at once.
 */
async function memoryOf(input: RunInput | null | undefined): Promise<RunMemory> {
  try {
    if (input && hasTicketShape(input.ticket) && (await isOwnFlow(input.flow)))
      return new RunMemory(input, input.ticket.body);
  } catch {
    // A flow that no link of ours wrote.
  }
  throw ApplicationFailure.nonRetryable(
    'Cannot open the run: its input is not that of a run, expected a ticket of the gateway; start a new run through the gateway',
    'ticket-invalid',
  );
}

/** The first link has no past, and every other one was given its past by the link before. */
async function isOwnFlow(flow: unknown): Promise<boolean> {
  if (workflowInfo().continuedFromExecutionRunId === undefined) return flow === null;
  const { hasFlowShape } = await import(/* webpackMode: "eager" */ './flow-shape.ts');
  return hasFlowShape(flow);
}

/** In a next link. Where that cannot be, the run ends: a task that fails on its own command would be tried for ever. */
async function goOn(run: RunMemory, remote: Remote, input: RunInput): Promise<never> {
  try {
    return await continueAsNewLink(run, input.ticket);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    run.ending = false;
    return await endBadly(run, remote, input, error);
  }
}

/** Nothing else happens in a link before this. @throws {RunRefusedError} */
async function openRun(run: RunMemory, input: RunInput): Promise<RunOpened> {
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  for (let attempt = 0; ; attempt += 1) {
    const result = await local
      .openRun('open the run', { ticket: input.ticket, input: input.input, firstRunId })
      .catch((error: unknown) => {
        if (isCancellation(error)) throw error;
        return { kind: 'hold', code: 'gate-timeout', reason: 'opening gave no answer' } as const;
      });
    if (result.kind === 'opened') return result;
    if (result.kind === 'refused') throw new RunRefusedError(result);
    await holdRun(run, result, attempt);
  }
}

async function turns(run: RunMemory, remote: Remote, input: RunInput): Promise<Ending> {
  let inputTokens = 0;
  for (;;) {
    if (!run.assistant) {
      if (run.wantsNewLink) throw new NewLinkWanted();
      if (run.turn >= run.ticket.limits.turns)
        return { outcome: 'limit-reached', text: `The run reached its limit of ${run.ticket.limits.turns} turns.` };
      if (needsCompaction(run, inputTokens)) await asHeardOf(run, input, () => compactTranscript(run, remote));
      run.turn += 1;
      inputTokens = await asHeardOf(run, input, () => askModel(run, remote));
    }
    if (run.calls.length === 0) return { outcome: 'completed', text: run.assistant?.text ?? '' };
    await gateCalls(run, remote);
    const ended = (await stoppedByPerson(run)) ?? endTurn(run);
    if (ended) return ended;
  }
}

/** What the store refused to a link that it has not heard of is done again once it has. @throws {RunRefusedError} */
async function asHeardOf<T>(run: RunMemory, input: RunInput, step: () => Promise<T>): Promise<T> {
  for (let times = 1; ; times += 1) {
    try {
      return await step();
    } catch (error) {
      if (!isRefusal(error) || times >= mostTries) throw error;
      await openRun(run, input);
    }
  }
}

function isRefusal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === ('run-refused' satisfies ErrorCode);
}

/** @returns tokens that the request took. */
async function askModel(run: RunMemory, remote: Remote): Promise<number> {
  const answer = await remote.model.callModel.executeWithOptions({ summary: `turn ${run.turn}` }, [
    { turn: run.turn, ...run.transcript, tail: run.tail() },
  ]);
  run.count(answer.usage);
  run.append(answer.message);
  run.assistant = answer.message;
  run.calls = answer.message.calls.map((call, index) => ({
    index,
    call,
    try: 1,
    pass: 1,
    rounds: 0,
    ask: null,
    previousDecision: null,
    doubt: null,
    result: null,
  }));
  return answer.usage.input + answer.usage.output;
}

/** Whoever denied a call ended the run with it: what else it asked is asked no more, and the model is not asked again. */
async function stoppedByPerson(run: RunMemory): Promise<Ending | undefined> {
  if (run.stopped === null) return undefined;
  await withdrawAsks(run);
  return { outcome: 'refused', text: `The run was ended by a person: ${run.stopped}.` };
}

function endTurn(run: RunMemory): Ending | undefined {
  const results = run.calls.flatMap((progress) => progress.result ?? []);
  for (const result of results) run.append(result.message);
  run.calls = [];
  run.assistant = null;
  run.votes.clear();
  const refused = noteRefusals(run.refusals, results, run.ticket.limits.refusalsInARow);
  return refused ? { outcome: 'refused', text: refused } : undefined;
}

async function close(run: RunMemory, remote: Remote, input: RunInput, ending: Ending): Promise<RunResult> {
  run.stage = 'closing';
  const { outcome, text } = ending;
  const closeRun = (): Promise<unknown> =>
    remote.record.closeRun.executeWithOptions({ summary: `close: ${outcome}` }, [
      { outcome, turns: run.turn, calls: run.finished, text },
    ]);
  let closed = await closeRun();
  // Else nobody would note the end of a link that has not been heard of yet.
  for (let times = 1; saysNotOpen(closed) && times < mostTries; times += 1) {
    if (!(await isHeardOf(run, input))) break;
    closed = await closeRun();
  }
  await condition(() => run.inFlight === 0, '10s');
  run.stage = 'ended';
  showState('ended');
  return { ...(answerRefused(closed) ?? ending), turns: run.turn, calls: run.counters.calls };
}

/** Anybody with access to the namespace can answer for the activity, with anything. */
function saysNotOpen(result: unknown): boolean {
  const findings = field(result, 'findings');
  return Array.isArray(findings) && findings.some((finding) => field(finding, 'rule') === linkNotOpen);
}

/** Where the store refuses the link, its end is nobody's. */
async function isHeardOf(run: RunMemory, input: RunInput): Promise<boolean> {
  try {
    await openRun(run, input);
    return true;
  } catch (error) {
    if (error instanceof RunRefusedError) return false;
    throw error;
  }
}

/** The end that nobody wanted: what is in doubt is made void first, so that the record says what it knows. */
async function endBadly(run: RunMemory, remote: Remote, input: RunInput, error: unknown): Promise<never> {
  const cancelled = isCancellation(error);
  const refused = error instanceof RunRefusedError;
  if (!refused) {
    // What a forged result left behind may make any of it fail: the run ends all the same.
    await CancellationScope.nonCancellable(() => tidyUp(run, remote, input, cancelled ? 'cancelled' : 'failed')).catch(
      () => undefined,
    );
  }
  if (cancelled) throw new CancelledFailure('the run was cancelled');
  if (refused) throw ApplicationFailure.nonRetryable(error.refusal.reason, error.refusal.code);
  throw asFailure(error);
}

async function tidyUp(run: RunMemory, remote: Remote, input: RunInput, outcome: RunOutcome): Promise<void> {
  await voidDoubts(run, remote);
  await withdrawAsks(run);
  for (const progress of run.calls) {
    if (progress.doubt)
      run.finished.push({ callKey: `${run.ticket.workflowId}/${run.turn}.${progress.index}`, outcome: 'unknown' });
  }
  await close(run, remote, input, { outcome, text: '' });
}

/** Only an ApplicationFailure ends a run; anything else would make its task fail again and again. */
function asFailure(error: unknown): ApplicationFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure)
    return ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'internal-fault');
  const name = cause instanceof Error ? cause.name : 'unknown';
  return ApplicationFailure.nonRetryable(
    `Cannot go on with the run: ${name}, expected no fault; report it`,
    'internal-fault',
  );
}
