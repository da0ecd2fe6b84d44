/**
 * Whether a history has the form that Temporal's replay expects. Its worker ends in the middle, without a word to whoever waits for
 * it, on one that has not: an edited record would stop its own audit. Seen with @temporalio/worker 1.24.
 */
import { kindOf } from './event-references.ts';
import type { LinkHistory } from './history-source.ts';
import { eventsOf, numberOf } from './link-origin.ts';

const taskEnds = new Set(['WORKFLOW_TASK_COMPLETED', 'WORKFLOW_TASK_FAILED', 'WORKFLOW_TASK_TIMED_OUT']);

/** Why it cannot be replayed; null for one that can. */
export function unfitReason(link: LinkHistory): string | null {
  const events = eventsOf(link);
  const [first] = events;
  if (!first) return 'it has no events';
  const started = first.workflowExecutionStartedEventAttributes;
  if (!started || kindOf(first) !== 'WORKFLOW_EXECUTION_STARTED') return 'its first event is not the start of a run';
  if (!started.workflowType?.name) return 'its start names no type of workflow';
  for (const [index, event] of events.entries()) {
    const eventId = index + 1;
    if (numberOf(event.eventId) !== eventId) return `event ${eventId} is missing or out of order`;
    if (index > 0 && event.workflowExecutionStartedEventAttributes) return `it starts once more at event ${eventId}`;
    const next = events[eventId];
    const isOpen = kindOf(event) === 'WORKFLOW_TASK_STARTED' && next && !taskEnds.has(kindOf(next));
    if (isOpen) return `the workflow task of event ${eventId} has no end, and more comes behind it`;
  }
  return null;
}

/** A run whose first task is still to come, such as one that starts later, has nothing to replay. */
export function hasTask(link: LinkHistory): boolean {
  return eventsOf(link).some((event) => kindOf(event) === 'WORKFLOW_TASK_SCHEDULED');
}
