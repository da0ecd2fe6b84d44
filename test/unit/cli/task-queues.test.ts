/** Which queue a role listens on, and that no worker takes tasks that it cannot do. */
import { expect, test } from 'vitest';
import { taskQueuesOf } from '../../../cli/parts/task-queues.ts';
import { runCli } from './run-cli.ts';

test('one queue for all roles, of each agent its own', () => {
  const queues = taskQueuesOf({ taskQueue: 'cs', splitQueues: false }, 'ops');
  expect(new Set(Object.values(queues))).toEqual(new Set(['cs-ops']));
});

test('one queue for each role where roles run apart', () => {
  const queues = taskQueuesOf({ taskQueue: 'cs', splitQueues: true }, 'ops');
  expect(queues.tools).toBe('cs-ops-tools');
  expect(new Set(Object.values(queues)).size).toBe(5);
});

test('a worker of some roles is refused on a queue of all', async () => {
  const { exit, stderr } = await runCli(['worker', 'agents/ops', '--roles', 'agent,record']);
  expect(exit).toBe(2);
  expect(stderr).toContain('COUNTERSIGN_SPLIT_QUEUES=true');
});
