/** `countersign keys revoke`: from the next request on, and for votes that were not decided on yet. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';

export const keysRevoke = defineCommand({
  usage: 'keys revoke <key>',
  summary: 'Revoke a key, at once',
  examples: ['keys revoke k3v9abcdefgh', 'keys revoke k3v9abcdefgh --with-made'],
  usesGateway: true,
  define: (command) => command.option('--with-made', 'also every key that was made with it, and with those'),
  options: z.object({ withMade: z.boolean().default(false) }),
  async run({ terminal, json, config }, [keyId = ''], { withMade }) {
    const gateway = await connectGateway(config());
    await terminal.progress('revoking', gateway.keys.revoke(keyId, withMade));
    if (json) terminal.json({ keyId, revoked: true, withMade });
    else terminal.result(`key ${keyId} is revoked${withMade ? ', and what was made with it' : ''}`);
    return 0;
  },
});
