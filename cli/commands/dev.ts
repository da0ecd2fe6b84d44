/**
 * `countersign dev`: engine, worker and gateway for one agent pack in one process tree, on one state folder. Killed at any
 * moment and started again, it goes on where it was. For one person on one machine, never for production.
 */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { type Config, required, variableByName } from '../../worker/config.ts';
import { beginDev } from '../begin-dev.ts';
import { defineCommand } from '../define-command.ts';
import { channelSettingsOf } from '../parts/channel-settings.ts';
import { portSchema } from '../option-schemas.ts';
import {
  prepareState,
  refuseMissingPack,
  refuseTakenPort,
  refuseSecondGateway,
  requireModelKey,
} from '../prepare-start.ts';

export const dev = defineCommand({
  usage: 'dev <pack>',
  summary: 'Start engine, worker and gateway for an agent pack on this machine',
  examples: [
    'dev agents/ops',
    'dev agents/ops --state ../try-it',
    'dev agents/ops --no-engine --temporal 127.0.0.1:7233',
  ],
  define: (command) =>
    command
      .option('--no-engine', 'use the Temporal server of --temporal or TEMPORAL_ADDRESS')
      .option('--no-worker', 'start the worker elsewhere, with "countersign worker"')
      .option('--no-gateway', 'start the gateway elsewhere, with "countersign gateway"')
      .option('--port <port>', 'of the gateway (default: the last one, else 7420, else a free one)')
      .option('--temporal <address>', 'host:port of a Temporal server (TEMPORAL_ADDRESS)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({
    engine: z.boolean(),
    worker: z.boolean(),
    gateway: z.boolean(),
    port: portSchema.optional(),
  }),
  async run(context, [folder = ''], parts) {
    const config = context.config();
    if (parts.worker) requireModelKey(config);
    if (parts.gateway) channelSettingsOf(config);
    if (!parts.engine) required(config, 'temporalAddress', 'start without an engine');
    else refuseOtherServer(config);
    await refuseMissingPack(folder);
    if (parts.gateway) {
      await refuseSecondGateway(config);
      await refuseTakenPort(parts.port);
    }
    await prepareState(context, config);
    const begun = await beginDev(context, config, folder, parts.engine);
    const { runDev } = await import('../parts/run-dev.ts');
    return await runDev(context, config, parts, begun);
  },
});

/** Else `dev` would use its own, and `worker` and `replay` beside it the other one. */
function refuseOtherServer({ temporalAddress }: Config): void {
  if (temporalAddress === undefined) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot start an engine: "${variableByName.temporalAddress}" names another server, expected one of the two; add --no-engine, or leave that out`,
  );
}
