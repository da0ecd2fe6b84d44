/** `countersign grants show`: one grant, with every use of it. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { grantId } from '../../grant-id.ts';
import { grantViewLines } from '../../show/grant-lines.ts';

export const grantsShow = defineCommand({
  usage: 'grants show <grant>',
  summary: 'Show a grant: what it covers, who approved it, and each use of it',
  examples: ['grants show k3v9x0a1b2c3'],
  usesGateway: true,
  options: z.object({}),
  async run({ terminal, json, config }, [given = '']) {
    const id = grantId('show', given);
    const gateway = await connectGateway(config());
    const grant = await terminal.progress('looking for the grant', gateway.grants.get(id));
    if (json) terminal.json(grant);
    else for (const line of grantViewLines(grant)) terminal.result(line);
    return 0;
  },
});
