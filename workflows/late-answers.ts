/**
 * Answers to queries wait for the local activity that is under way. The SDK (1.24) would end the task with the first answer,
 * and with the marker of a local activity that ended meanwhile, before the workflow has heard of it: what the workflow then
 * does stands in a later task than in a replay, and a timer that a replay starts and cancels in one task is in the history
 * and not in the replay. Such a run never goes on after the death of its worker. Anybody who looks at a run asks queries.
 */
import type {
  WorkflowInterceptors,
  WorkflowInternalsInterceptor,
  WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';

type Concluded = ReturnType<NonNullable<WorkflowInternalsInterceptor['concludeActivation']>>;
type Command = Concluded['commands'][number];

/** A query that came alone, in no task of the run: its answer ends nothing. */
const loneQueryId = 'legacy_query';

/** Of one run. It returns the promises that it was given, so that it shifts no microtask. */
export function interceptors(): WorkflowInterceptors {
  let underWay = 0;
  const waiting = new Map<string, Command>();
  const ended = (): void => {
    underWay -= 1;
  };

  const outbound: WorkflowOutboundCallsInterceptor = {
    scheduleLocalActivity(input, next) {
      underWay += 1;
      const result = next(input);
      result.then(ended, ended);
      return result;
    },
  };

  const internals: WorkflowInternalsInterceptor = {
    concludeActivation(input, next) {
      const { commands } = next(input);
      const passed: Command[] = [];
      for (const command of commands) {
        const queryId = command.respondToQuery?.queryId ?? loneQueryId;
        // The same query comes again with the next task where this one lasts too long.
        if (queryId === loneQueryId) passed.push(command);
        else waiting.set(queryId, command);
      }
      if (underWay === 0) {
        passed.push(...waiting.values());
        waiting.clear();
      }
      return { commands: passed };
    },
  };

  return { outbound: [outbound], internals: [internals] };
}
