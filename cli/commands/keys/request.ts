/**
 * `countersign keys request`: makes a key whose secret stays in a file of its bearer, and prints what an administrator needs to
 * enrol it. Nothing is sent anywhere.
 */
import { z } from 'zod';
import { defineCommand } from '../../define-command.ts';
import { visible } from '../../terminal.ts';

export const keysRequest = defineCommand({
  usage: 'keys request <file>',
  summary: 'Make a key of your own: the secret stays in the file, the request goes to an administrator',
  examples: ['keys request ~/.countersign-key', 'keys request my-key --force'],
  define: (command) => command.option('--force', 'replace the file'),
  options: z.object({ force: z.boolean().default(false) }),
  async run(context, [path = ''], { force }) {
    const { terminal, json } = context;
    const [{ makeKey }, { writeWholeFile }] = await Promise.all([
      import('../../../gateway/make-key.ts'),
      import('../../parts/whole-file.ts'),
    ]);
    const { apiKey, keyId, secretHash } = makeKey();
    const bytes = new TextEncoder().encode(`${apiKey}\n`);
    const written = await writeWholeFile({ path, force, stop: context.takeStop() }, async (write) => {
      await write(bytes);
      return true;
    });
    if (written === null) return 0;
    const request = `${keyId}.${secretHash}`;
    terminal.talk(
      `The key is in "${visible(path)}"; keep it. It works once an administrator has enrolled this request:`,
    );
    if (json) terminal.json({ keyId, request });
    else terminal.result(request);
    terminal.talk(`Then use it: export COUNTERSIGN_API_KEY_FILE="${visible(path)}"`);
    return 0;
  },
});
