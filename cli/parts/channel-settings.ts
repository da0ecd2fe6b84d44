/**
 * Settings of the channels that a gateway tells people by. A channel of which some are there and others are not stops the start with
 * every name that is missing: half a channel would tell nobody, and nobody would know. Nothing is dialled here.
 */
import { CountersignError } from '../../core/errors.ts';
import type { MailOptions, SlackOptions, WebhookOptions } from '../../gateway/index.ts';
import { type Config, type ConfigName, variableByName } from '../../worker/config.ts';

export interface ChannelSettings {
  publicUrl?: string;
  slack?: SlackOptions;
  webhook?: Pick<WebhookOptions, 'url' | 'secrets'> & { isPrivate: boolean };
  mail?: MailOptions;
}

/** @throws {CountersignError} `config-invalid` */
export function channelSettingsOf(config: Config): ChannelSettings {
  const { publicUrl } = config;
  return {
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...slackOf(config),
    ...webhookOf(config),
    ...mailOf(config),
  };
}

function slackOf(config: Config): Pick<ChannelSettings, 'slack'> {
  const own = ['slackSigningSecret', 'slackBotToken', 'slackTeam', 'slackChannel'] as const;
  const given = wholeOf(config, 'speak to Slack', own, ['publicUrl']);
  if (!given) return {};
  const { slackSigningSecret, slackBotToken, slackTeam, slackChannel } = given;
  const { slackApiUrl } = config;
  return {
    slack: {
      signingSecret: slackSigningSecret,
      botToken: slackBotToken,
      teamId: slackTeam,
      channel: slackChannel,
      ...(slackApiUrl === undefined ? {} : { apiUrl: slackApiUrl }),
    },
  };
}

function webhookOf(config: Config): Pick<ChannelSettings, 'webhook'> {
  const given = wholeOf(config, 'send webhooks', ['webhookUrl', 'webhookSecret']);
  if (!given) return {};
  const { webhookUrl: url, webhookSecret } = given;
  const isPrivate = config.webhookPrivate;
  if (!isPrivate && new URL(url).protocol !== 'https:') {
    throw new CountersignError(
      'config-invalid',
      `Cannot send webhooks: "${variableByName.webhookUrl}" is no https URL, expected one to a public address; for a receiver in your own network set ${variableByName.webhookPrivate}=true`,
    );
  }
  return { webhook: { url, secrets: webhookSecret.trim().split(/\s+/), isPrivate } };
}

function mailOf(config: Config): Pick<ChannelSettings, 'mail'> {
  const given = wholeOf(config, 'mail people of requests', ['smtpUrl', 'mailFrom', 'mailTo'], ['publicUrl']);
  return given ? { mail: { smtpUrl: given.smtpUrl, from: given.mailFrom, to: given.mailTo } } : {};
}

type Given<N extends ConfigName> = { [K in N]: NonNullable<Config[K]> };

/** Undefined where none of its own is there. @param besides what it needs, and others use too */
function wholeOf<N extends ConfigName>(
  config: Config,
  action: string,
  own: readonly N[],
  besides: readonly ConfigName[] = [],
): Given<N> | undefined {
  const isThere = (name: ConfigName): boolean => config[name] !== undefined;
  if (!own.some(isThere)) return undefined;
  const missing = [...own, ...besides].filter((name) => !isThere(name)).map((name) => `"${variableByName[name]}"`);
  if (missing.length === 0) return config as Given<N>;
  const is = missing.length === 1 ? 'is' : 'are';
  const there = own.filter(isThere).map((name) => `"${variableByName[name]}"`);
  throw new CountersignError(
    'config-invalid',
    `Cannot ${action}: ${missing.join(', ')} ${is} not set, expected what goes with ${there.join(', ')}; set what is missing, or leave those out`,
  );
}
