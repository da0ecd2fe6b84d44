/** `countersign slack list`: which Slack users are which people, and whose clicks still count. */
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand, noOptions } from '../../define-command.ts';
import { visible } from '../../terminal.ts';

export const slackList = defineCommand({
  usage: 'slack list',
  summary: 'List Slack users whose clicks are answers of a person',
  examples: ['slack list', 'slack list --json'],
  usesGateway: true,
  options: noOptions,
  async run({ terminal, json, config }) {
    const gateway = await connectGateway(config());
    const identities = await terminal.progress('listing', gateway.slack.identities());
    if (json) terminal.json({ identities });
    else if (identities.length === 0) terminal.talk('No Slack user is enrolled');
    else
      for (const { enterpriseId, teamId, userId, principal, keyId, stands } of identities) {
        const where = enterpriseId === null ? teamId : `${enterpriseId}/${teamId}`;
        const counts = stands ? `by key ${keyId}` : `does not count: key ${keyId} does not stand`;
        terminal.result(`${userId}  ${where}  ${visible(principal)}  ${counts}`);
      }
    return 0;
  },
});
