/** Requests in a Slack channel: the message, a reminder in its thread, and the outcome in the message's place. */
import type { NoticeChannel } from '../notices/notice-channel.ts';
import { alarmMessage, outcomeMessage, reminderMessage, requestMessage, reviewMessage } from './messages.ts';
import { type SlackApi, slackFailureOf } from './slack-api.ts';

const didOf = {
  approve: 'Approved',
  deny: 'Denied',
  withdraw: 'Approval taken back',
  edit: 'Edited',
  'break-glass': 'Glass broken',
} as const;

interface Place {
  channel: string;
  ts: string;
}

export function createSlackChannel(api: SlackApi, inboxUrl: (nonce: string) => string): NoticeChannel {
  return {
    name: 'slack',
    reaches: [api.channel],
    request: async (ask, situation) =>
      JSON.stringify(await api.post(requestMessage(ask, await situation(), inboxUrl(ask.row.nonce)))),
    remindsHalfWay: true,
    remind: async ({ card }, place, reminder) =>
      void (await api.post({ ...reminderMessage(card, reminder), thread: placeOf(place).ts })),
    alarm: async ({ card }, place, failed) =>
      void (await api.post({ ...alarmMessage(card, failed), thread: placeOf(place).ts })),
    async close({ card }, place, { outcome, votes, situation }) {
      const by = votes.map(({ verdict, principal, castAt }) => {
        return `${didOf[verdict]} by ${principal} at ${new Date(castAt).toISOString()}`;
      });
      await api.update(placeOf(place), outcomeMessage(card, await situation(), `This request is ${outcome}`, by));
    },
    async review({ card, row }, place, told) {
      const message = reviewMessage(card, told, inboxUrl(row.nonce));
      const posted = await api.post(place === null ? message : { ...message, thread: placeOf(place).ts });
      return place ?? JSON.stringify(posted);
    },
    failureOf: slackFailureOf,
  };
}

/** Written above; a row that somebody changed at most updates a message that is not there. */
function placeOf(text: string): Place {
  return JSON.parse(text) as Place;
}
