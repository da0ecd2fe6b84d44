/** `countersign notices resend`: tries again what was given up, once what was wrong is mended. What was told is not told twice. */
import { z } from 'zod';
import type { Countersign } from '../../../client/gateway-client.ts';
import type { NoticeView } from '../../../client/channel-schemas.ts';
import { CountersignError } from '../../../core/errors.ts';
import { connectGateway } from '../../connect-gateway.ts';
import { defineCommand } from '../../define-command.ts';
import { findApproval } from '../../find-approval.ts';
import { noticeLine } from '../../show/notice-line.ts';

/** As many as the gateway lists at once. */
const mostAtOnce = 500;

export const noticesResend = defineCommand({
  usage: 'notices resend [approval]',
  summary: 'Try again what was given up, of one request or of all',
  examples: ['notices resend 5e8f1c2a', 'notices resend 5e8f1c2a --channel slack', 'notices resend --all --json'],
  usesGateway: true,
  define: (command) =>
    command
      .option('--channel <channel>', 'of one channel, such as slack, mail or webhook')
      .option('--all', 'of every request'),
  options: z.object({
    channel: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/u, 'expected the name of a channel')
      .optional(),
    all: z.boolean().default(false),
  }),
  async run({ terminal, json, config }, [given], { channel, all }) {
    if (all === (given !== undefined)) {
      throw new CountersignError(
        'input-invalid',
        'Cannot send notices again: expected one request or --all; name one of the two',
      );
    }
    const gateway = await connectGateway(config());
    const found = await terminal.progress('looking', given === undefined ? givenUp(gateway) : ofOne(gateway, given));
    const wanted = found.filter((one) => channel === undefined || one.channel === channel);
    if (wanted.length === 0) {
      throw new CountersignError(
        'not-found',
        'Cannot send notices again: none of them was given up, expected one that was; look at "countersign notices list"',
      );
    }
    const sent: NoticeView[] = [];
    for (const one of wanted) sent.push(await gateway.notices.resend(one.nonce, one.channel));
    if (json) terminal.json({ notices: sent });
    else for (const notice of sent) terminal.result(noticeLine(notice));
    return 0;
  },
});

async function givenUp(gateway: Countersign): Promise<NoticeView[]> {
  return await gateway.notices.list({ state: 'gave-up', limit: mostAtOnce });
}

async function ofOne(gateway: Countersign, given: string): Promise<NoticeView[]> {
  const { nonce } = await findApproval(gateway, given);
  return (await gateway.notices.of(nonce)).filter(({ state }) => state === 'gave-up');
}
