/** `countersign keys enrol`: lets a person's own key in, by the hash that they sent; only such a key votes. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { visible } from '../../terminal.ts';
import { defineKeyOptions, keyOptions, orderOf } from './key-options.ts';

const requestForm = /^([a-z0-9]{12})\.([0-9a-f]{64})$/u;

export const keysEnrol = defineCommand({
  usage: 'keys enrol <principal>',
  summary: "Let in a person's own key, by the request that they sent you",
  examples: [
    'keys enrol bob@example.com --request k3v9….e3b0… --role operator',
    'keys enrol carol --request … --days 30',
  ],
  usesGateway: true,
  define: (command) =>
    defineKeyOptions(
      command.requiredOption('--request <request>', 'what "countersign keys request" printed for them'),
      ['runs:start', 'runs:read', 'approvals:read', 'approvals:vote'],
    ),
  options: z.object({
    request: z.string().regex(requestForm, 'expected what "countersign keys request" printed'),
    ...keyOptions,
  }),
  async run({ terminal, json, config }, [principal = ''], options) {
    const [, keyId = '', secretHash = ''] = requestForm.exec(options.request) ?? [];
    const gateway = await connectGateway(config());
    const order = { ...orderOf(principal, options), person: true, own: { keyId, secretHash } };
    const { apiKey: _, ...enrolled } = await terminal.progress('enrolling', gateway.keys.mint(order));
    if (json) terminal.json(enrolled);
    else terminal.result(`key ${keyId} of ${visible(principal)} stands, and votes as that person`);
    return 0;
  },
});
