/** `countersign policy withdraw`: what was proposed for a layer waits for nobody any more; what is in force stays. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { layerNameOption, typedLayer } from '../../policy/layer-name.ts';
import { visible } from '../../terminal.ts';

export const policyWithdraw = defineCommand({
  usage: 'policy withdraw',
  summary: 'Take back what is proposed for a layer and waits for a second person',
  examples: ['policy withdraw --layer organisation', 'policy withdraw --layer pack:ops --json'],
  usesGateway: true,
  define: (command) => command.requiredOption('--layer <layer>', 'organisation, team:<name> or pack:<agent>'),
  options: z.object({ layer: layerNameOption }),
  async run({ terminal, json, config }, _, { layer }) {
    const gateway = await connectGateway(config());
    const withdrawn = await terminal.progress('withdrawing', gateway.policies.withdraw(layer));
    const { policyDigest, proposedBy, inForce } = withdrawn;
    if (json) terminal.json({ ...layer, ...withdrawn });
    else {
      const what = `${policyDigest ?? 'none'}, proposed by ${visible(proposedBy)}, is withdrawn`;
      terminal.result(`${typedLayer(layer)}: ${what}; ${inForce ?? 'no policy'} stays in force`);
    }
    return 0;
  },
});
