/** `countersign policy status`: what is in force of each layer, and what waits for a second person. */
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand, noOptions } from '../../define-command.ts';
import { typedLayer } from '../../policy/layer-name.ts';

export const policyStatus = defineCommand({
  usage: 'policy status',
  summary: 'Policies in force, and proposals',
  examples: ['policy status', 'policy status --json'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, config }) {
    const gateway = await connectGateway(config());
    const status = await terminal.progress('asking', gateway.policies.status());
    if (json) {
      terminal.json(status);
      return 0;
    }
    for (const { mode, policyDigest, ...id } of status.active) {
      terminal.result(`${typedLayer(id).padEnd(24)} ${mode.padEnd(8)} ${policyDigest}`);
    }
    for (const { mode, policyDigest, by, ...id } of status.proposals) {
      terminal.result(`${typedLayer(id).padEnd(24)} proposed ${policyDigest ?? 'none'} by ${by} (${mode})`);
    }
    if (status.active.length + status.proposals.length === 0) terminal.result('no policy is in force');
    return 0;
  },
});
