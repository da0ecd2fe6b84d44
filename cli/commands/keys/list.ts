/** `countersign keys list`: keys that are not revoked, who made them, and which can vote. */
import { z } from 'zod';
import type { KeyView } from '../../../client/key-schemas.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { principalOption } from '../../option-schemas.ts';
import { timeText } from '../../show/format.ts';
import { visible } from '../../terminal.ts';

export const keysList = defineCommand({
  usage: 'keys list',
  summary: 'List keys that are not revoked',
  examples: ['keys list', 'keys list --principal bob --json'],
  usesGateway: true,
  define: (command) => command.option('--principal <principal>', 'of one principal'),
  options: z.object({ principal: principalOption.optional() }),
  async run({ terminal, json, config, clock }, _, { principal }) {
    const gateway = await connectGateway(config());
    const all = await terminal.progress('listing keys', gateway.keys.list());
    const keys = all.filter((key) => principal === undefined || key.principal === principal);
    if (json) terminal.json({ keys });
    else for (const key of keys) terminal.result(lineOf(key, clock.now()));
    return 0;
  },
});

function lineOf(key: KeyView, now: number): string {
  const ends = key.expiresAt <= now ? 'ended' : 'ends';
  const made = key.madeByBearer ? `enrolled by ${key.mintedBy}` : `made by ${key.mintedBy}`;
  const roles = key.roles.length === 0 ? 'no roles' : key.roles.join(',');
  const form = key.publicKey === null ? '' : 'signs  ';
  const who = key.person ? visible(key.principal) : `${visible(key.principal)} (service)`;
  const used = key.lastUsedAt === null ? 'never used' : `used ${timeText(key.lastUsedAt)}`;
  const times = `${ends} ${timeText(key.expiresAt)}  ${used}`;
  return `${key.keyId}  ${form}${who}  ${roles}  ${key.scopes.join(',')}  ${times}  ${visible(made)}`;
}
