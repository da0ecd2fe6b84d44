/**
 * Task queues of an agent, as the gateway writes them into tickets and workers listen on them. Each agent has its own, so
 * that no other pack's worker takes its tasks. One for all roles, whose activities are then dispatched at once; or, where
 * roles run in processes of their own, one for each: a worker fails the tasks of a role that it does not serve.
 */
import type { TaskQueues } from '../../core/contracts/ticket.ts';
import type { Config } from '../../worker/config.ts';

export function taskQueuesOf(
  { taskQueue, splitQueues }: Pick<Config, 'taskQueue' | 'splitQueues'>,
  agent: string,
): TaskQueues {
  const queue = `${taskQueue}-${agent}`;
  const of = (role: keyof TaskQueues): string => (splitQueues ? `${queue}-${role}` : queue);
  return { agent: of('agent'), model: of('model'), tools: of('tools'), notify: of('notify'), record: of('record') };
}
