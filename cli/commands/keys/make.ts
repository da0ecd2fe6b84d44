/** `countersign keys make`: a key for a service account, printed once. It starts and reads runs; it never votes. */
import { z } from 'zod';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { defineKeyOptions, keyOptions, orderOf, warnOfRoles } from './key-options.ts';

export const keysMake = defineCommand({
  usage: 'keys make <principal>',
  summary: 'Make a key for a service account; it is printed once and kept nowhere',
  examples: ['keys make nightly-report --scope runs:start', 'keys make ci --role deployer --days 30 --json'],
  usesGateway: true,
  define: (command) => defineKeyOptions(command, ['runs:start', 'runs:read']),
  options: z.object(keyOptions),
  async run({ terminal, json, config }, [principal = ''], options) {
    const gateway = await connectGateway(config());
    const made = await terminal.progress(
      'making the key',
      gateway.keys.mint({ ...orderOf(principal, options), person: false }),
    );
    if (json) terminal.json(made);
    else terminal.result(made.apiKey ?? '');
    warnOfRoles(terminal, made.undeclaredRoles);
    terminal.talk('It is shown this once. Whoever made it is behind each run it starts, and does not approve those');
    return 0;
  },
});
