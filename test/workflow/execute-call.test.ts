/**
 * What the gate schedules (P1, P4): only a permit, only with the arguments that it names, under the activity id that proves
 * them. The tools worker refuses the rest as well; but then the record would already say another thing than what ran.
 */
import { ActivityFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Decided } from '../../core/contracts/activities.ts';
import type { PermitBody, SignedDecision } from '../../core/contracts/decision.ts';
import { activityIdOf } from '../../core/contracts/call-names.ts';
import { digestText } from '../../core/digest.ts';
import type { Remote } from '../../workflows/activities.ts';
import { executeCall } from '../../workflows/gate/execute-call.ts';
import type { RunMemory } from '../../workflows/run-state.ts';
import { aDenial, aPermit, workflowIdOf } from '../support/signed-objects.ts';

const args = '{"service":"web"}';
const place = { callKey: `${workflowIdOf(1)}/1.0` };
const tool = { effect: 'effect' as const, startToCloseMs: 1000, hasProbe: false, hasTargetState: false };

function permit(): SignedDecision {
  const signed = aPermit(place);
  const body = { ...(signed.body as PermitBody), argumentsDigest: digestText('arguments', args) };
  return { ...signed, body: { ...body, activityId: activityIdOf({ ...body, tool: body.tool.name }) } };
}

function decided(changes: Partial<Decided> = {}): Decided {
  return { kind: 'decided', decision: permit(), arguments: args, tool, votes: [], ...changes };
}

/** What was scheduled; nothing runs. */
function scheduling(failure?: Error) {
  const scheduled: unknown[][] = [];
  const executeWithOptions = async (...call: unknown[]) => {
    scheduled.push(call);
    return failure ? await Promise.reject(failure) : { kind: 'unknown', reason: 'a test' };
  };
  const remote = { tools: { runTool: { executeWithOptions } } } as unknown as Remote;
  const run = { inFlight: 0, executing: new Set() } as RunMemory;
  return { scheduled, run, execute: async (one: Decided) => await executeCall(run, remote, one) };
}

describe('a call is scheduled', () => {
  it('as its permit says, and with the time that its receipt needs beyond the tool’s own', async () => {
    const { scheduled, run, execute } = scheduling();
    const one = decided();
    await execute(one);
    const { activityId, taskQueue } = permit().body as PermitBody;
    expect(scheduled).toEqual([
      [
        expect.objectContaining({ activityId, taskQueue, startToCloseTimeout: 5000 }),
        [{ permit: one.decision, arguments: args, votes: [] }],
      ],
    ]);
    expect(run.inFlight).toBe(0);
  });

  it.each<[string, Partial<Decided>]>([
    ['with other arguments than the permit names', { arguments: '{"service":"db"}' }],
    ['with the same arguments in other bytes', { arguments: '{"service": "web"}' }],
    ['without arguments', { arguments: null }],
    ['without a tool', { tool: null }],
    ['with a denial', { decision: aDenial(place) }],
  ])('never %s', async (_name, changes) => {
    const { scheduled, execute } = scheduling();
    await expect(execute(decided(changes))).rejects.toMatchObject({ type: 'permit-invalid', nonRetryable: true });
    expect(scheduled).toEqual([]);
  });

  it('and is known not to have started when no worker took it in the permit’s life', async () => {
    const timeout = new TimeoutFailure('none took it', undefined, TimeoutType.SCHEDULE_TO_START);
    const failure = new ActivityFailure('failed', 'runTool', 'a', RetryState.TIMEOUT, undefined, timeout);
    const { execute } = scheduling(failure);
    expect(await execute(decided())).toMatchObject({ kind: 'not-started', code: 'schedule-to-start' });
  });
});
