/**
 * `countersign keys enrol`: lets in what somebody made for themselves, by the request that they sent. Only such a key of a person
 * votes; a system's signing key can deny.
 */
import { z } from 'zod';
import type { Scope } from '../../../client/gateway-schemas.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { visible } from '../../terminal.ts';
import { defineKeyOptions, keyOptions, orderOf, warnOfRoles } from './key-options.ts';

const requestForm = /^[a-z0-9]{12}\.(?:[0-9a-f]{64}|[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{86})$/u;
const voterScopes = ['runs:start', 'runs:read', 'approvals:read', 'approvals:vote'] as const;

export const keysEnrol = defineCommand({
  usage: 'keys enrol <principal>',
  summary: "Let in somebody's own key, by the request that they sent you",
  examples: [
    'keys enrol bob@example.com --request k3v9….e3b0… --role operator',
    'keys enrol carol --request … --days 30',
    'keys enrol scanner --service --request … --role operator',
  ],
  usesGateway: true,
  define: (command) =>
    defineKeyOptions(
      command
        .requiredOption('--request <request>', 'what "countersign keys request" printed for them')
        .option('--service', 'a system: its signing key can deny requests, and approves none'),
      voterScopes,
    ),
  options: z.object({
    request: z.string().regex(requestForm, 'expected what "countersign keys request" printed'),
    service: z.boolean().default(false),
    ...keyOptions,
  }),
  async run({ terminal, json, config }, [principal = ''], options) {
    const [keyId = '', first = '', proof] = options.request.split('.');
    const own = proof === undefined ? { keyId, secretHash: first } : { keyId, publicKey: first, proof };
    const gateway = await connectGateway(config());
    // A signing key lets nobody in, so that there is nothing but votes to use it for.
    const scopes: Scope[] = proof === undefined ? options.scope : ['approvals:vote'];
    const order = { ...orderOf(principal, { ...options, scope: scopes }), person: !options.service, own };
    const { apiKey: _, ...enrolled } = await terminal.progress('enrolling', gateway.keys.mint(order));
    if (json) terminal.json(enrolled);
    else terminal.result(`key ${keyId} of ${visible(principal)} stands, and ${whatFor(options.service, proof)}`);
    warnOfRoles(terminal, enrolled.undeclaredRoles);
    return 0;
  },
});

function whatFor(isService: boolean, proof: string | undefined): string {
  if (!isService) return proof === undefined ? 'votes as that person' : 'what it signs is that person’s answer';
  return proof === undefined
    ? 'never votes: it is a service account’s'
    : 'what it signs can deny, and approves nothing';
}
