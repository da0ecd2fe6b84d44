/**
 * `countersign keys request`: makes a key whose secret stays in a file of its bearer, and prints what an administrator needs to
 * enrol it. Nothing is sent anywhere.
 */
import { z } from 'zod';
import type { FreshKey, FreshSigningKey } from '../../../gateway/make-key.ts';
import { defineCommand } from '../../define-command.ts';
import { visible } from '../../terminal.ts';

export const keysRequest = defineCommand({
  usage: 'keys request <file>',
  summary: 'Make a key of your own: the secret stays in the file, the request goes to an administrator',
  examples: ['keys request ~/.countersign-key', 'keys request my-key --force', 'keys request scanner.pem --signing'],
  define: (command) =>
    command
      .option('--signing', 'a key that signs webhooks instead of an API key: PKCS 8, Ed25519')
      .option('--force', 'replace the file'),
  options: z.object({ signing: z.boolean().default(false), force: z.boolean().default(false) }),
  async run(context, [path = ''], { signing, force }) {
    const { terminal, json } = context;
    const [{ makeKey, makeSigningKey }, { writeWholeFile }] = await Promise.all([
      import('../../../gateway/make-key.ts'),
      import('../../parts/whole-file.ts'),
    ]);
    const { keyId, text, request } = signing ? signingKey(makeSigningKey()) : apiKey(makeKey());
    const bytes = new TextEncoder().encode(text);
    const written = await writeWholeFile({ path, force, stop: context.takeStop() }, async (write) => {
      await write(bytes);
      return true;
    });
    if (written === null) return 0;
    terminal.talk(
      `The key is in "${visible(path)}"; keep it. It works once an administrator has enrolled this request:`,
    );
    if (json) terminal.json({ keyId, request });
    else terminal.result(request);
    terminal.talk(
      signing
        ? 'How a sender signs with it is in docs/webhooks.md'
        : `Then use it: export COUNTERSIGN_API_KEY_FILE="${visible(path)}"`,
    );
    return 0;
  },
});

interface Made {
  keyId: string;
  /** Of the file. */
  text: string;
  request: string;
}

function apiKey({ apiKey: key, keyId, secretHash }: FreshKey): Made {
  return { keyId, text: `${key}\n`, request: `${keyId}.${secretHash}` };
}

function signingKey({ keyId, privateKey, publicKey, proof }: FreshSigningKey): Made {
  return { keyId, text: privateKey, request: `${keyId}.${publicKey}.${proof}` };
}
