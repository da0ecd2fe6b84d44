/**
 * Task queues of an agent, as the gateway writes them into tickets and workers listen on them. Each agent has its own, so
 * that no other pack's worker takes its tasks. One for all roles: activities are then dispatched at once.
 */
import type { TaskQueues } from '../../core/contracts/ticket.ts';
import type { Config } from '../../worker/config.ts';

export function taskQueuesOf({ taskQueue }: Pick<Config, 'taskQueue'>, agent: string): TaskQueues {
  const queue = `${taskQueue}-${agent}`;
  return { agent: queue, model: queue, tools: queue, notify: queue, record: queue };
}
