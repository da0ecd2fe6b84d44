/** `countersign grants revoke`: ends a grant; what is not reserved by then does not start by it. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { grantId } from '../../grant-id.ts';
import { visible } from '../../terminal.ts';

export const grantsRevoke = defineCommand({
  usage: 'grants revoke <grant>',
  summary: 'End a grant: from now on its calls are asked about again',
  examples: ['grants revoke k3v9x0a1b2c3 --reason "the incident is over"'],
  usesGateway: true,
  define: (command) => command.option('--reason <text>', 'kept in the record'),
  options: z.object({ reason: z.string().min(1).max(2000).optional() }),
  async run({ terminal, json, config }, [given = ''], { reason }) {
    const id = grantId('revoke', given);
    if (reason !== undefined) {
      const { refuseUnsafeText } = await import('../../scan-text.ts');
      await refuseUnsafeText('send the reason of "grants revoke"', reason);
    }
    const gateway = await connectGateway(config());
    const grant = await terminal.progress('revoking', gateway.grants.revoke(id, reason));
    if (json) terminal.json(grant);
    else {
      const by = grant.revoked?.by ?? 'nobody';
      terminal.result(
        `grant ${grant.grantId} is revoked by ${visible(by)}; ${grant.used.length} of ${grant.uses} were used`,
      );
    }
    return 0;
  },
});
