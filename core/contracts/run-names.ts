/** What a run is called by in Temporal: workflow type, signals, queries, search attribute and its first value. Without a schema library. */

export const workflowTypes = { agentRun: 'agentRun' } as const;
export const signalNames = { vote: 'vote', control: 'control' } as const;
export const queryNames = { voteStatus: 'vote-status', transcript: 'transcript', runState: 'run-state' } as const;
/** Search attributes are plain text for everybody with access to the namespace: state only. */
export const searchAttributeNames = { state: 'CountersignState' } as const;
/** What a run shows of itself when it starts. */
export const stateAtStart = 'working';

/** What lists of the server's own UI show beside the run. */
export function summaryOfRun(agent: string): string {
  return `agent ${agent}`;
}
