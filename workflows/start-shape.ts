/**
 * Whether what a run was started with, or was sent as a vote, has the shape of it: the fields that this code reads, and no
 * more. Nothing is believed for it: open-run verifies the whole ticket, verify-votes every vote. Written by hand, because
 * the schemas and their library would be evaluated anew for every run: a quarter of what a run of ten turns cost its workflow thread.
 */
import type { RunInput } from '../core/contracts/run.ts';
import type { RunLimits, TaskQueues } from '../core/contracts/ticket.ts';

/** Of JSON; the longest reason takes 12,000 where all of it must be escaped. */
const longestVoteCharacters = 32_768;

const queues = ['agent', 'model', 'tools', 'notify', 'record'] as const satisfies readonly (keyof TaskQueues)[];
const limits = [
  'turns',
  'refusalsInARow',
  'eventsPerLink',
  'contextTokens',
] as const satisfies readonly (keyof RunLimits)[];

/** A queue without a name, or a limit that is not a number, would make the run's tasks fail for ever, or never end. */
export function hasTicketShape(ticket: unknown): ticket is RunInput['ticket'] {
  const body = field(ticket, 'body');
  const taskQueues = field(body, 'taskQueues');
  return (
    typeof field(body, 'workflowId') === 'string' &&
    typeof field(body, 'agent') === 'string' &&
    typeof field(body, 'dryRun') === 'boolean' &&
    queues.every((name) => isName(field(taskQueues, name))) &&
    limits.every((name) => isCount(field(field(body, 'limits'), name)))
  );
}

/** Anything else would only fill the inbox, or be too large for the next link's input. */
export function hasVoteShape(vote: unknown): boolean {
  const body = field(vote, 'body');
  return (
    field(vote, 'domain') === 'vote' &&
    typeof field(vote, 'signature') === 'string' &&
    typeof field(body, 'nonce') === 'string' &&
    typeof field(body, 'callKey') === 'string' &&
    typeof field(body, 'castAt') === 'number' &&
    JSON.stringify(vote).length <= longestVoteCharacters
  );
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 200;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
