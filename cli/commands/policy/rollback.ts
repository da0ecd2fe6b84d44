/** `countersign policy rollback`: the version before the present one is in force again. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { tellActivation } from '../../policy/activation-lines.ts';
import { layerNameOption } from '../../policy/layer-name.ts';

export const policyRollback = defineCommand({
  usage: 'policy rollback',
  summary: 'Put the version before the present one in force again',
  examples: ['policy rollback --layer team:sre'],
  usesGateway: true,
  define: (command) => command.requiredOption('--layer <layer>', 'organisation, team:<name> or pack:<agent>'),
  options: z.object({ layer: layerNameOption }),
  async run(context, _, { layer }) {
    const gateway = await connectGateway(context.config());
    return tellActivation(
      context,
      layer,
      await context.terminal.progress('rolling back', gateway.policies.rollBack(layer)),
    );
  },
});
