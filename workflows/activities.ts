/**
 * The activities as the workflow calls them: where each runs, how long it may take and why it is (not) retried. Activity
 * code is never imported here, only the types of its contract.
 */
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { LocalActivities, RemoteActivities } from '../core/contracts/activities.ts';
import type { TaskQueues } from '../core/contracts/ticket.ts';
import { localTurns } from './local-turns.ts';

/** With what the history shows of each call. */
type LocalCalls = {
  [Name in keyof LocalActivities]: (
    summary: string,
    ...input: Parameters<LocalActivities[Name]>
  ) => ReturnType<LocalActivities[Name]>;
};

/**
 * One attempt of 5 s: the gate's own holds take care of what is out of reach, and a hidden second attempt would be a
 * decision nobody sees.
 */
const localActivities = proxyLocalActivities<LocalActivities>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

/** A workflow's modules are its own: these are the turns of one run. */
const inTurn = localTurns();

export const local: LocalCalls = {
  openRun: (summary, input) => inTurn(() => localActivities.openRun.executeWithOptions({ summary }, [input])),
  checkCall: (summary, input) => inTurn(() => localActivities.checkCall.executeWithOptions({ summary }, [input])),
  verifyVotes: (summary, input) => inTurn(() => localActivities.verifyVotes.executeWithOptions({ summary }, [input])),
};

export type Remote = ReturnType<typeof remoteActivities>;

export function remoteActivities(queues: TaskQueues) {
  return {
    /** The provider may be away for long; 4xx end it at once. A dead worker's request is asked again after the heartbeat. */
    model: proxyActivities<Pick<RemoteActivities, 'callModel' | 'compactTranscript'>>({
      taskQueue: queues.model,
      startToCloseTimeout: '10m',
      scheduleToCloseTimeout: '12h',
      heartbeatTimeout: '10s',
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
    }),
    /** One attempt: a retry is a new try with its own decision. Cancellation waits, so that the outcome is known. */
    tools: proxyActivities<Pick<RemoteActivities, 'runTool'>>({
      taskQueue: queues.tools,
      startToCloseTimeout: '1m',
      heartbeatTimeout: '10s',
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { maximumAttempts: 1 },
    }),
    /** A lost notification delays an approval and approves nothing: it is tried for a while. */
    notify: proxyActivities<Pick<RemoteActivities, 'notifyApprovers'>>({
      taskQueue: queues.notify,
      startToCloseTimeout: '30s',
      retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 20 },
    }),
    /** A run is not closed before it is recorded; it takes milliseconds, and a dead worker's attempt is made again soon. */
    record: proxyActivities<Pick<RemoteActivities, 'closeRun'>>({
      taskQueue: queues.record,
      startToCloseTimeout: '10s',
      retry: { initialInterval: '1s', maximumInterval: '1m' },
    }),
  };
}
