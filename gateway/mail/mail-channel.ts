/**
 * A mail that says that something waits, with a link to the inbox. It holds nothing that an agent wrote, so nothing in it
 * can be clicked but that link; opening the link answers nothing, and neither does a reply.
 */
import { createTransport } from 'nodemailer';
import { shortDigest } from '../../core/card/digest-words.ts';
import { makeVisible } from '../../core/make-visible.ts';
import type { NoticeChannel } from '../notices/notice-channel.ts';
import type { MailOptions } from '../options.ts';

const withinMs = 15_000;

export function createMailChannel(
  { smtpUrl, from, to }: MailOptions,
  inboxUrl: (nonce: string) => string,
): NoticeChannel {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: 'mail',
    async request({ row, card, body }) {
      const verb = card.kind === 'call' ? 'Run' : 'Say what became of';
      const what = `${verb} ${card.tool} on ${makeVisible(card.environment)}`;
      const { deadlineAt, cardDigest } = body.ask;
      const lines = [
        `${what} waits for an answer.`,
        '',
        `Risk:       ${card.risk}`,
        `Answer by:  ${new Date(deadlineAt).toISOString()}`,
        `Card:       ${shortDigest(cardDigest)}`,
        '',
        inboxUrl(row.nonce),
        '',
        'Sign in with "countersign inbox" first. Opening the link answers nothing, and neither does a reply.',
      ];
      // The same for each repetition: a receiver that got it before can tell.
      const messageId = `<${row.nonce}@countersign>`;
      await transport.sendMail({
        from,
        to: [...to],
        subject: `Countersign: ${what}`,
        text: lines.join('\n'),
        messageId,
      });
      return messageId;
    },
    close: () => Promise.resolve(),
    failureOf(error) {
      const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0;
      // 5yz: the server will not take it (RFC 5321, 4.2.1).
      const isFinal = code >= 500 && code < 600;
      const problem = code > 0 ? `the mail server answered ${code}` : 'the mail server is out of reach';
      return { problem, retryAfterMs: null, isFinal };
    },
  };
}
