/** Who calls a local activity, as Temporal's own context says it (P1): every start that is not an agent run's is refused. */
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { readLocalCaller } from '../../../activities/local-activity.ts';
import { linkRunId, workflowId } from './run-tool-world.ts';

const info: Partial<Info> = {
  isLocal: true,
  workflowExecution: { workflowId, runId: linkRunId },
  workflowType: 'agentRun',
};

function readIn(change: Partial<Info>) {
  const never = new Promise<never>(() => {});
  const nothing = undefined as never;
  const { signal } = new AbortController();
  const context = new Context(
    { ...info, ...change } as Info,
    never,
    signal,
    nothing,
    undefined,
    nothing,
    nothing,
    nothing,
  );
  return asyncLocalStorage.run(context, readLocalCaller);
}

describe('P1 a local activity', () => {
  test('knows the run and the link that started it', () => {
    expect(readIn({})).toEqual({ kind: 'caller', caller: { workflowId, linkRunId } });
  });

  test.each<[string, Partial<Info>]>([
    ['an activity that was scheduled', { isLocal: false }],
    ['a workflow of another type', { workflowType: 'other' }],
    ['nothing that has a workflow', { workflowExecution: undefined as never }],
  ])('has no caller when it was started by %s', (_name, change) => {
    expect(readIn(change)).toMatchObject({ kind: 'not-local' });
  });
});
