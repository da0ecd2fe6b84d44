/**
 * Re-emits what the workflow code computes while a history is replayed: Temporal compares types and ids of commands, not
 * their arguments, so an auditor compares those. Only in the bundle for replay, never in a worker's. It returns what `next`
 * returned, so that it shifts no microtask and with it no command.
 */
import {
  ContinueAsNew,
  proxySinks,
  type Sinks,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  type WorkflowInternalsInterceptor,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { messageOf } from '../core/errors.ts';
import { optionsOf } from './replay-options.ts';

interface ReplaySinks extends Sinks {
  replay: { emit(json: string): void };
}

const { replay } = proxySinks<ReplaySinks>();

/** JSON, because sinks take primitives; the payload converter would make the same of it. */
function emit(command: Record<string, unknown>): void {
  replay.emit(JSON.stringify(command));
}

const outbound: WorkflowOutboundCallsInterceptor = {
  scheduleActivity(input, next) {
    const { activityType, args, seq, options } = input;
    const { activityId = String(seq), taskQueue = null } = options;
    emit({ kind: 'activity', seq, activityType, activityId, taskQueue, args });
    return next(input);
  },
  scheduleLocalActivity(input, next) {
    const { activityType, args, seq } = input;
    emit({ kind: 'local', seq, activityType, args });
    return next(input);
  },
  startTimer(input, next) {
    const { seq, durationMs } = input;
    emit({ kind: 'timer', seq, durationMs });
    return next(input);
  },
  continueAsNew(input, next) {
    emit({ kind: 'continue-as-new', workflowType: input.options.workflowType ?? null, args: input.args });
    return next(input);
  },
};

const inbound: WorkflowInboundCallsInterceptor = {
  execute(input, next) {
    const ended = next(input);
    ended.then(
      (result) => emit({ kind: 'completed', result }),
      (error: unknown) => {
        if (!(error instanceof ContinueAsNew)) emit({ kind: 'failed', message: messageOf(error) });
      },
    );
    return ended;
  },
};

/** Commands as they are handed to the server: options and summaries are only there. */
const internals: WorkflowInternalsInterceptor = {
  concludeActivation(input, next) {
    const concluded = next(input);
    for (const command of concluded.commands) {
      const options = optionsOf(command);
      if (options) emit({ kind: 'options', ...options });
    }
    return concluded;
  },
};

export function interceptors(): WorkflowInterceptors {
  return { inbound: [inbound], outbound: [outbound], internals: [internals] };
}
