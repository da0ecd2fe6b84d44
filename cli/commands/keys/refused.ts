/** `countersign keys refused`: what the gateway refused to whom, so that somebody who tries is seen. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { limitSchema } from '../../option-schemas.ts';
import { timeText } from '../../show/format.ts';
import { visible } from '../../terminal.ts';

export const keysRefused = defineCommand({
  usage: 'keys refused',
  summary: 'List what was refused to whom, newest first',
  examples: ['keys refused', 'keys refused --limit 200 --json'],
  usesGateway: true,
  define: (command) => command.option('--limit <count>', 'at most so many', '50'),
  options: z.object({ limit: limitSchema }),
  async run({ terminal, json, config }, _, { limit }) {
    const gateway = await connectGateway(config());
    const refusals = await terminal.progress('listing refusals', gateway.keys.refusals(limit));
    if (json) terminal.json({ refusals });
    else if (refusals.length === 0) terminal.talk('Nothing was refused');
    for (const { route, keyId, about, code, attempts, lastAt } of json ? [] : refusals) {
      const who = keyId === null ? 'without a key' : `key ${keyId}`;
      const times = attempts === 1 ? '' : `, ${attempts} times within a minute`;
      terminal.result(
        `${timeText(lastAt)}  ${code}  ${who}  ${visible(route)}${about === '' ? '' : ` ${visible(about)}`}${times}`,
      );
    }
    return 0;
  },
});
