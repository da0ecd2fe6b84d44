/** `countersign notices show`: who was told of one request, by which channel, and what is left to do. */
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand, noOptions } from '../../define-command.ts';
import { findApproval } from '../../find-approval.ts';
import { noticeLine } from '../../show/notice-line.ts';

export const noticesShow = defineCommand({
  usage: 'notices show <approval>',
  summary: 'Show by which channels people were told of a request',
  examples: ['notices show 5e8f1c2a', 'notices show 5e8f1c2a --json'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, config }, [given = '']) {
    const gateway = await connectGateway(config());
    const { nonce } = await terminal.progress('looking it up', findApproval(gateway, given));
    const notices = await terminal.progress('listing notices', gateway.notices.of(nonce));
    if (json) terminal.json({ nonce, notices });
    else if (notices.length === 0)
      terminal.talk('No channel was told of it yet; the gateway has none, or does not run');
    else for (const notice of notices) terminal.result(noticeLine(notice));
    return 0;
  },
});
