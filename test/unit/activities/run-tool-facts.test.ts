/** The facts of an activity as Temporal's own context gives them, and every start that is not an agent run's. */
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { readActivityFacts } from '../../../activities/run-tool/activity-facts.ts';
import { linkRunId, workflowId } from './run-tool-world.ts';

const info: Partial<Info> = {
  activityId: 'a',
  activityType: 'runTool',
  attempt: 1,
  isLocal: false,
  inWorkflow: true,
  workflowExecution: { workflowId, runId: linkRunId },
  workflowType: 'agentRun',
  taskQueue: 'tools',
};
const beats: unknown[] = [];
const signal = new AbortController().signal;

function readIn(change: Partial<Info>) {
  const never = new Promise<never>(() => {});
  const nothing = undefined as never;
  const beat = () => beats.push(1);
  const context = new Context(
    { ...info, ...change } as Info,
    never,
    signal,
    beat,
    undefined,
    nothing,
    nothing,
    nothing,
  );
  return asyncLocalStorage.run(context, readActivityFacts);
}

describe('readActivityFacts', () => {
  test('takes run, link, activity, queue and signal from the context', () => {
    const read = readIn({ heartbeatTimeoutMs: 1000 });
    expect(read).toMatchObject({
      kind: 'facts',
      facts: {
        workflowId,
        linkRunId,
        activityId: 'a',
        taskQueue: 'tools',
        attempt: 1,
        heartbeatTimeoutMs: 1000,
        signal,
      },
    });
    if (read.kind === 'facts') read.facts.heartbeat();
    expect(beats).toHaveLength(1);
  });

  test('says that the activity must not heartbeat where it has no heartbeat time-out', () => {
    const read = readIn({ heartbeatTimeoutMs: 0 });
    expect(read.kind === 'facts' && 'heartbeatTimeoutMs' in read.facts).toBe(false);
  });

  test.each<[string, Partial<Info>]>([
    ['a standalone activity', { inWorkflow: false }],
    ['an activity without a workflow', { workflowExecution: undefined as never }],
    ['a local activity', { isLocal: true }],
    ['an activity of another workflow type', { workflowType: 'other' }],
  ])('refuses %s', (_, change) => {
    expect(readIn(change)).toEqual({ kind: 'no-workflow' });
  });
});
