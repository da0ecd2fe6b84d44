/** `countersign inbox`: a link that opens the web inbox once, as the person whose key is used. */
import { connectGateway } from '../connect-gateway.ts';
import { defineCommand, noOptions } from '../define-command.ts';
import { durationText } from '../show/format.ts';

export const inbox = defineCommand({
  usage: 'inbox',
  summary: 'Make a link that opens the web inbox, signed in as you',
  examples: ['inbox', 'inbox --json'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, clock, config }) {
    const gateway = await connectGateway(config());
    const link = await terminal.progress('making a sign-in link', gateway.inbox.signInLink());
    if (json) terminal.json(link);
    else {
      terminal.result(link.url);
      terminal.talk(
        `It works once, for ${durationText(link.expiresAt - clock.now())}; whoever opens it answers as you`,
      );
    }
    return 0;
  },
});
