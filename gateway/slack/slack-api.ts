/**
 * The four calls of Slack's Web API that are made, each once: who repeats them is the loop that keeps notices, which knows
 * how often it tried. What Slack says of a failure is kept in short words, never a token.
 */
import {
  ErrorCode,
  LogLevel,
  SlackError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import type { SlackBlock } from '../../core/card/render-slack.ts';
import { messageOf } from '../../core/errors.ts';
import type { NoticeFailure } from '../notices/notice-channel.ts';
import type { SlackOptions } from '../options.ts';

export interface SlackApi {
  /** Where it posts. */
  readonly channel: string;
  /** @returns the place of the message. */
  post(message: { text: string; blocks: SlackBlock[]; thread?: string }): Promise<{ channel: string; ts: string }>;
  update(place: { channel: string; ts: string }, message: { text: string; blocks: SlackBlock[] }): Promise<void>;
  /** Seen by this user alone. */
  whisper(channel: string, userId: string, message: { text: string; blocks: SlackBlock[] }): Promise<void>;
  openView(triggerId: string, view: unknown): Promise<void>;
}

const withinMs = 10_000;

export function createSlackApi({
  botToken,
  apiUrl,
  channel,
}: Pick<SlackOptions, 'botToken' | 'apiUrl' | 'channel'>): SlackApi {
  const client = new WebClient(botToken, {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    timeout: withinMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logLevel: LogLevel.ERROR,
    // Its own lines may hold what was sent.
    logger: silent,
  });
  // No previews, names or links made of the text.
  const plain = { unfurl_links: false, unfurl_media: false, parse: 'none', link_names: false };
  const call = async (method: string, body: Record<string, unknown>) => await client.apiCall(method, body);
  return {
    channel,
    async post({ text, blocks, thread }) {
      const answer = await call('chat.postMessage', {
        channel,
        text,
        blocks,
        ...plain,
        ...(thread === undefined ? {} : { thread_ts: thread }),
      });
      const { channel: posted, ts } = answer as { channel?: unknown; ts?: unknown };
      if (typeof posted !== 'string' || typeof ts !== 'string')
        throw new Error('Slack did not say where the message is');
      return { channel: posted, ts };
    },
    update: async (place, message) => void (await call('chat.update', { ...place, ...message, ...plain })),
    whisper: async (where, user, message) =>
      void (await call('chat.postEphemeral', { channel: where, user, ...message, ...plain })),
    openView: async (triggerId, view) => void (await call('views.open', { trigger_id: triggerId, view })),
  };
}

/** Errors that another attempt meets again. */
const finalErrors = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'invalid_blocks',
  'msg_too_long',
  'message_not_found',
  'cant_update_message',
]);

export function slackFailureOf(error: unknown): NoticeFailure {
  if (error instanceof WebAPIRateLimitedError) {
    return { problem: 'Slack asks to come back later', retryAfterMs: error.retryAfter * 1000, isFinal: false };
  }
  if (error instanceof WebAPIPlatformError) {
    const code = /^[a-z_]{1,60}$/.exec(error.data.error)?.[0] ?? 'an error';
    return { problem: `Slack answered ${code}`, retryAfterMs: null, isFinal: finalErrors.has(code) };
  }
  const isOutOfReach = error instanceof SlackError && error.code === ErrorCode.RequestError;
  const problem = isOutOfReach ? 'Slack is out of reach' : `Slack failed: ${messageOf(error).slice(0, 100)}`;
  return { problem, retryAfterMs: null, isFinal: false };
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
