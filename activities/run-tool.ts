/**
 * Runs one tool under one permit, in the order of contracts.md §4: verify, reserve, recheck, execute, settle. Refuses
 * without a valid permit however it was started, starts an effect at most once per call and try, and returns no result
 * whose receipt is not committed. It never throws: what it does not know it calls `unknown`.
 */
import type { RunToolInput, RunToolResult } from '../core/contracts/activities.ts';
import type { RegisteredTool } from '../tools/registry.ts';
import { type ActivityFacts, readActivityFacts } from './run-tool/activity-facts.ts';
import { checkStanding } from './run-tool/check-standing.ts';
import type { RunToolDependencies } from './run-tool/dependencies.ts';
import { openLease } from './run-tool/lease.ts';
import { perform } from './run-tool/perform.ts';
import { recheck } from './run-tool/recheck.ts';
import { type NotRun, notRun, outOfReach, unknown } from './run-tool/refusals.ts';
import { needsFence, recorded, reserve, rowHasLastWord } from './run-tool/reserve.ts';
import { abandon, consume, guardsOf, record, settleVoid } from './run-tool/settle.ts';
import { shapeReason } from './run-tool/shape-output.ts';
import { makeWorkFolder, toolContextOf, workFolderOf } from './run-tool/tool-context-of.ts';
import { type Permitted, verifyPermit } from './run-tool/verify-permit.ts';

export type { RunToolDependencies } from './run-tool/dependencies.ts';

export function createRunTool(dependencies: RunToolDependencies): (input: RunToolInput) => Promise<RunToolResult> {
  return async (input) => {
    const read = (dependencies.readActivityFacts ?? readActivityFacts)();
    if (read.kind === 'no-workflow') return reported(dependencies, null, notRun('not-in-workflow'));
    try {
      return await runTool(dependencies, read.facts, input);
    } catch {
      // Every expected fault was answered where it happened; of this one we know only that something broke.
      return unknown('a fault of the tools worker');
    }
  };
}

async function runTool(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  input: RunToolInput,
): Promise<RunToolResult> {
  const verdict = verifyPermit(dependencies, facts, input);
  if (verdict.kind === 'rejected') {
    return await rowHasLastWord(dependencies, verdict.own, reported(dependencies, facts, verdict.result));
  }
  const against = await whatStandsAgainst(dependencies, verdict, input);
  if (against) return await rowHasLastWord(dependencies, verdict, reported(dependencies, facts, against));
  const { tool } = verdict;
  if (!tool) return await runVoid(dependencies, facts, verdict);
  return needsFence(verdict)
    ? await runFenced(dependencies, facts, { ...verdict, tool })
    : await runUnfenced(dependencies, facts, { ...verdict, tool });
}

async function whatStandsAgainst(
  dependencies: RunToolDependencies,
  permitted: Permitted,
  input: RunToolInput,
): Promise<NotRun | undefined> {
  try {
    const against = await checkStanding(dependencies, permitted, Array.isArray(input.votes) ? input.votes : []);
    if (against || !permitted.tool) return against;
    return (await makeWorkFolder(workFolderOf(dependencies, permitted.permit))) ? undefined : notRun('no-work-folder');
  } catch (error) {
    const outside = outOfReach(error);
    if (outside) return outside;
    throw error;
  }
}

type WithTool = Permitted & { tool: RegisteredTool };

/** Effects, and whatever a person approved. */
async function runFenced(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: WithTool,
): Promise<RunToolResult> {
  const { clock, marginMs } = dependencies;
  const { tool } = permitted;
  const reservedAt = clock.now();
  const already = await reserve(dependencies, permitted, reservedAt);
  if (already) return already;

  const endsAt = reservedAt + tool.definition.startToCloseMs;
  const lease = openLease(facts, { timeoutMs: endsAt - clock.now(), graceMs: marginMs });
  try {
    const context = toolContextOf(dependencies, facts, permitted, lease);
    const against = await recheck(dependencies, permitted, context, lease);
    if (against) return await abandon(dependencies, facts, permitted, against);
    const started = await start(dependencies, permitted, endsAt + marginMs);
    if (started === 'lost') return notRun('row-lost');
    if (started === 'unsaid') return await abandon(dependencies, facts, permitted, notRun('store-unavailable'));
    const startedAt = clock.now();
    // A process that was stopped and woke up now must not start what somebody may meanwhile have settled.
    if (startedAt >= endsAt) return await abandon(dependencies, facts, permitted, notRun('start-too-late'));
    const performed = await perform({ dependencies, permitted, tool, context, lease });
    if (performed.kind === 'in-doubt') return await inDoubt(dependencies, permitted, performed.text);
    return await consume(dependencies, facts, permitted, { performed, startedAt, spareMs: lease.leftMs() });
  } catch {
    return unknown('a fault after the call was reserved');
  } finally {
    lease.close();
  }
}

/** What a tool says when it breaks is its word, too. */
async function inDoubt(dependencies: RunToolDependencies, permitted: WithTool, text: string): Promise<RunToolResult> {
  return unknown(await shapeReason(dependencies, text, guardsOf(dependencies, permitted, 0)));
}

async function start(
  { store }: RunToolDependencies,
  { permit, permitDigest }: Permitted,
  leaseUntilAt: number,
): Promise<'started' | 'lost' | 'unsaid'> {
  try {
    return await store.startFence({ callKey: permit.callKey, try: permit.try, permitDigest, leaseUntilAt });
  } catch {
    return 'unsaid';
  }
}

/** Unapproved reads, and the purposes that cause nothing: keyed by permit, an earlier receipt is the answer. */
async function runUnfenced(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: WithTool,
): Promise<RunToolResult> {
  const { store, clock, marginMs } = dependencies;
  const { tool, permitDigest } = permitted;
  try {
    const before = await store.receiptByPermit(permitDigest);
    if (before) return await recorded(dependencies, permitted.permit, before.receipt, before.output);
  } catch (error) {
    return outOfReach(error) ?? unknown('the store could not be asked for an earlier receipt');
  }
  const startedAt = clock.now();
  const lease = openLease(facts, { timeoutMs: tool.definition.startToCloseMs, graceMs: marginMs });
  try {
    const context = toolContextOf(dependencies, facts, permitted, lease);
    const performed = await perform({ dependencies, permitted, tool, context, lease });
    if (performed.kind === 'in-doubt') return await inDoubt(dependencies, permitted, performed.text);
    return await record(dependencies, facts, permitted, { performed, startedAt, spareMs: lease.leftMs() });
  } catch {
    return unknown('the result could not be recorded');
  } finally {
    lease.close();
  }
}

async function runVoid(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: Permitted,
): Promise<RunToolResult> {
  try {
    return await settleVoid(dependencies, facts, permitted);
  } catch (error) {
    return outOfReach(error) ?? unknown('the row could not be made void');
  }
}

/** Tampering is an incident even where a row has the last word. */
function reported(dependencies: RunToolDependencies, facts: ActivityFacts | null, result: NotRun): NotRun {
  const { workflowId = '', activityId = '' } = facts ?? {};
  if (result.kind === 'refused') dependencies.reportIncident?.({ code: result.code, workflowId, activityId });
  return result;
}
