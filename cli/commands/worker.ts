/** `countersign worker`: the worker of an agent pack alone, beside a Temporal server and a gateway that run elsewhere. */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { type Config, variableByName } from '../../worker/config.ts';
import { defineCommand } from '../define-command.ts';
import { prepareState, refuseMissingPack, requireModelKey } from '../prepare-start.ts';

const roleSchema = z.enum(['agent', 'model', 'tools', 'notify', 'record']);

export const worker = defineCommand({
  usage: 'worker <pack>',
  summary: 'Start the worker of an agent pack alone',
  examples: ['worker agents/ops', 'worker agents/ops --roles agent,record   # with COUNTERSIGN_SPLIT_QUEUES=true'],
  define: (command) =>
    command
      .option('--roles <list>', 'of agent, model, tools, notify, record (default: all)')
      .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS, default: the engine of the state folder)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({
    roles: z
      .string()
      .default(roleSchema.options.join(','))
      .transform((text) => text.split(',').map((role) => role.trim()))
      .pipe(z.array(roleSchema).min(1)),
  }),
  async run(context, [folder = ''], { roles }) {
    const config = context.config();
    refuseHalfOfAQueue(config, roles);
    if (roles.includes('model')) requireModelKey(config);
    await refuseMissingPack(folder);
    await prepareState(context, config);
    const { runWorker } = await import('../parts/run-worker.ts');
    return await runWorker(context, config, folder, roles);
  },
});

/** On a queue of all roles a worker of some would take, and fail, the tasks of the others. */
function refuseHalfOfAQueue({ splitQueues }: Config, roles: readonly string[]): void {
  if (splitQueues || roleSchema.options.every((role) => roles.includes(role))) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot start a worker of some roles: all roles share one queue, expected "${variableByName.splitQueues}=true" for the gateway and every worker; set it, or leave --roles out`,
  );
}
