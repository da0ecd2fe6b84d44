/** `countersign gateway`: the HTTP API alone. It holds the keys of tickets, votes and control records. */
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import { channelSettingsOf } from '../parts/channel-settings.ts';
import { portSchema } from '../option-schemas.ts';
import { prepareState, refuseMissingPack, refuseTakenPort, refuseSecondGateway } from '../prepare-start.ts';

export const gateway = defineCommand({
  usage: 'gateway [packs...]',
  summary: 'Start the gateway alone, and activate the packs named',
  examples: ['gateway', 'gateway agents/ops --port 7420', 'gateway agents/ops --host 0.0.0.0 --allow-remote'],
  define: (command) =>
    command
      .option('--port <port>', '0 for any free one (default: the last one, else 7420, else a free one)')
      .option('--host <host>', 'address to listen on (default 127.0.0.1)')
      .option('--allow-remote', 'listen on, and answer to, other names than loopback’s')
      .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS, default: the engine of the state folder)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({
    port: portSchema.optional(),
    host: z.string().min(1).optional(),
    allowRemote: z.boolean().default(false),
  }),
  async run(context, packs, options) {
    const config = context.config();
    channelSettingsOf(config);
    for (const folder of packs) await refuseMissingPack(folder);
    await refuseSecondGateway(config);
    if (options.host === undefined) await refuseTakenPort(options.port);
    await prepareState(context, config);
    const { runGateway } = await import('../parts/run-gateway.ts');
    return await runGateway(context, config, packs, options);
  },
});
