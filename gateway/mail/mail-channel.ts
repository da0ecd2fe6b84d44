/**
 * A mail that says that something waits, with a link to the inbox. It holds nothing that an agent wrote, so nothing in it
 * can be clicked but that link; opening the link answers nothing, and neither does a reply.
 */
import { createTransport } from 'nodemailer';
import { shortDigest } from '../../core/card/digest-words.ts';
import { makeVisible } from '../../core/make-visible.ts';
import { isLoopback } from '../host-guard.ts';
import type { NoticeChannel } from '../notices/notice-channel.ts';
import { couldNotTell, mayAnswerToo, reviewFacts, reviewHeadline } from '../notices/notice-words.ts';
import type { MailOptions } from '../options.ts';
import type { OpenedAsk } from '../verified.ts';

const withinMs = 15_000;

/** RFC 3834: whoever is on holiday answers nobody. */
const ofNoPerson = { 'Auto-Submitted': 'auto-generated' };

/** Whoever is between could leave STARTTLS out of the server's answer, and read the password. */
function needsTls(smtpUrl: string): boolean {
  const { protocol, username, password, hostname } = new URL(smtpUrl);
  return protocol === 'smtp:' && username + password !== '' && !isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

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
    requireTLS: needsTls(smtpUrl),
  });
  const send = async (
    { row, card, body }: OpenedAsk,
    { id, subject, first, about = '' }: { id: string; subject: string; first: string; about?: string },
  ): Promise<string> => {
    const verb = card.kind === 'call' ? 'Run' : 'Say what became of';
    const what = `${verb} ${card.tool} on ${makeVisible(card.environment)}`;
    const { deadlineAt, cardDigest } = body.ask;
    const lines = [
      `${what} ${first}`,
      ...(about === '' ? [] : [about]),
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
    const messageId = `<${id}@countersign>`;
    const text = lines.join('\n');
    const full = `Countersign: ${subject}${what}`;
    await transport.sendMail({ from, to: [...to], subject: full, text, messageId, headers: ofNoPerson });
    return messageId;
  };
  return {
    name: 'mail',
    reaches: to,
    request: async (ask) => await send(ask, { id: ask.row.nonce, subject: '', first: 'waits for an answer.' }),
    async remind(ask, _place, { dueAt, escalatedTo }) {
      const about = escalatedTo === null ? '' : mayAnswerToo(escalatedTo);
      const id = `${ask.row.nonce}.reminded.${dueAt}`;
      await send(ask, { id, subject: 'still: ', first: 'still waits for an answer.', about });
    },
    async alarm(ask, _place, { channel, problem }) {
      const about = couldNotTell(channel, problem);
      const id = `${ask.row.nonce}.untold.${channel}`;
      await send(ask, { id, subject: 'not all were told: ', first: 'waits for an answer.', about });
    },
    async review({ row, card }, _place, told) {
      const headline = reviewHeadline(told);
      const what = `${card.tool} on ${makeVisible(card.environment)}`;
      const facts = [...reviewFacts(told), ['Risk', card.risk] as const];
      const lines = [
        `${headline}: ${what}.`,
        '',
        ...facts.map(([label, value]) => `${`${label}:`.padEnd(21)}${value}`),
        '',
        inboxUrl(row.nonce),
        '',
        `Sign it with "countersign reviews sign ${row.nonce}". Opening the link signs nothing, and neither does a reply.`,
      ];
      const messageId = `<${row.nonce}.break-glass.${told.moment}.${told.momentAt}@countersign>`;
      const subject = `Countersign: ${headline}: ${what}`;
      const isLoud = told.moment === 'used' || told.moment === 'overdue';
      const priority = isLoud ? ({ priority: 'high' } as const) : {};
      await transport.sendMail({
        from,
        to: [...to],
        subject,
        text: lines.join('\n'),
        messageId,
        headers: ofNoPerson,
        ...priority,
      });
      return messageId;
    },
    failureOf(error) {
      const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0;
      // 5yz: the server will not take it (RFC 5321, 4.2.1).
      const isFinal = code >= 500 && code < 600;
      if (error instanceof Error && 'code' in error && error.code === 'ETLS') {
        return { problem: 'the mail server offers no TLS', retryAfterMs: null, isFinal: false };
      }
      const problem = code > 0 ? `the mail server answered ${code}` : 'the mail server is out of reach';
      return { problem, retryAfterMs: null, isFinal };
    },
  };
}
