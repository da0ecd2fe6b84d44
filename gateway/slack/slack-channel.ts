/** Requests in a Slack channel: the message, a reminder in its thread, and the outcome in the message's place. */
import type { NoticeChannel } from '../notices/notice-channel.ts';
import { outcomeMessage, reminderMessage, requestMessage } from './messages.ts';
import { type SlackApi, slackFailureOf } from './slack-api.ts';

const didOf = { approve: 'Approved', deny: 'Denied', withdraw: 'Approval taken back', edit: 'Edited' } as const;

interface Place {
  channel: string;
  ts: string;
}

export function createSlackChannel(api: SlackApi, inboxUrl: (nonce: string) => string): NoticeChannel {
  return {
    name: 'slack',
    request: async ({ card, row: { nonce }, body }, situation) => {
      const mayBeEdited = body.ask.editable !== undefined;
      const message = requestMessage(card, situation, { nonce, inboxUrl: inboxUrl(nonce), mayBeEdited });
      return JSON.stringify(await api.post(message));
    },
    remind: async ({ card }, place, leftMs) =>
      void (await api.post({ ...reminderMessage(card, leftMs), thread: placeOf(place).ts })),
    async close({ card }, place, { outcome, votes, situation }) {
      const by = votes.map(({ verdict, principal, castAt }) => {
        return `${didOf[verdict]} by ${principal} at ${new Date(castAt).toISOString()}`;
      });
      await api.update(placeOf(place), outcomeMessage(card, situation, `This request is ${outcome}`, by));
    },
    failureOf: slackFailureOf,
  };
}

/** Written above; a row that somebody changed at most updates a message that is not there. */
function placeOf(text: string): Place {
  return JSON.parse(text) as Place;
}
