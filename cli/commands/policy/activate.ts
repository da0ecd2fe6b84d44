/** `countersign policy activate`: puts a published version of a layer's policy in force. */
import { z } from 'zod';
import { digestSchema } from '../../../core/contracts/ids.ts';
import { CountersignError } from '../../../core/errors.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { tellActivation } from '../../policy/activation-lines.ts';
import { layerNameOption } from '../../policy/layer-name.ts';

export const policyActivate = defineCommand({
  usage: 'policy activate <digest>',
  summary: 'Put a published policy in force for a layer',
  examples: [
    'policy activate sha256:5e8f… --layer organisation',
    'policy activate sha256:5e8f… --layer team:sre --shadow',
    'policy activate none --layer team:sre --shadow',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .requiredOption('--layer <layer>', 'organisation, team:<name> or pack:<agent>')
      .option('--shadow', 'ask it and record what it would say; it changes nothing'),
  options: z.object({ layer: layerNameOption, shadow: z.boolean().default(false) }),
  async run(context, [given = ''], { layer, shadow }) {
    const policyDigest = given === 'none' ? null : given;
    if (policyDigest !== null && !digestSchema.safeParse(policyDigest).success) {
      throw new CountersignError(
        'input-invalid',
        'Cannot activate a policy: its digest has another form, expected sha256:<64 hex digits> or none; publish the policy first',
      );
    }
    const gateway = await connectGateway(context.config());
    const order = { ...layer, mode: shadow ? ('shadow' as const) : ('enforce' as const), policyDigest };
    const result = await context.terminal.progress('activating', gateway.policies.activate(order));
    return tellActivation(context, layer, result, order.mode);
  },
});
