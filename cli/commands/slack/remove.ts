/** `countersign slack remove`: a Slack user is nobody from their next click on. */
import { z } from 'zod';
import { CountersignError } from '../../../core/errors.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';

const slackId = /^[A-Z0-9]{1,40}$/u;

export const slackRemove = defineCommand({
  usage: 'slack remove <user>',
  summary: 'Take the answers of a Slack user away from the person that they were of',
  examples: ['slack remove U0ANN', 'slack remove U0ANN --team T0123ABCD --json'],
  usesGateway: true,
  define: (command) => command.option('--team <team>', 'of one workspace, where several have a user of this id'),
  options: z.object({
    team: z.string().regex(slackId, 'expected the id of a workspace, such as T0123ABCD').optional(),
  }),
  async run({ terminal, json, config }, [userId = ''], { team }) {
    const gateway = await connectGateway(config());
    const all = await terminal.progress('looking', gateway.slack.identities());
    const [found, ...others] = all.filter(
      (one) => one.userId === userId && (team === undefined || one.teamId === team),
    );
    if (!found) {
      throw new CountersignError(
        'not-found',
        `Cannot remove Slack user "${slackId.test(userId) ? userId : '…'}": nobody is enrolled so, expected one; look at "countersign slack list"`,
      );
    }
    if (others.length > 0) {
      throw new CountersignError(
        'input-invalid',
        `Cannot remove Slack user "${userId}": several workspaces have one, expected one; name it with --team`,
      );
    }
    await terminal.progress('removing', gateway.slack.remove(found));
    if (json) terminal.json({ ...found, removed: true });
    else terminal.result(`Slack user ${userId} is nobody from now on`);
    return 0;
  },
});
