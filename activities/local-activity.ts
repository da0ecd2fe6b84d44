/**
 * Who is calling a local activity, as the worker itself knows it. An activity meant to be local refuses every other
 * way of being started: a namespace writer can schedule any activity type with any input.
 */
import { Context } from '@temporalio/activity';
import { workflowTypes } from '../core/contracts/run-names.ts';

export interface LocalCaller {
  workflowId: string;
  linkRunId: string;
}

export type ReadCaller = () => { kind: 'caller'; caller: LocalCaller } | { kind: 'not-local'; reason: string };

export const readLocalCaller: ReadCaller = () => {
  const { info } = Context.current();
  if (!info.isLocal) return { kind: 'not-local', reason: 'it was not started as a local activity' };
  if (info.workflowType !== workflowTypes.agentRun)
    return { kind: 'not-local', reason: 'its workflow is of another type' };
  const execution = info.workflowExecution;
  if (!execution) return { kind: 'not-local', reason: 'it has no workflow' };
  return { kind: 'caller', caller: { workflowId: execution.workflowId, linkRunId: execution.runId } };
};
