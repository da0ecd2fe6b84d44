/**
 * Settings of every Countersign process: flags over environment over defaults, read by one schema. What is missing or does
 * not parse stops the start with the variable's name; no value is ever repeated in a message.
 */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CountersignError } from '../core/errors.ts';
import { expectedBy } from '../core/expected-words.ts';
import { readStoreLocation, type StoreLocation } from '../store/store-location.ts';
import { readSecretFile } from './secret-files.ts';

const address = z
  .string()
  .regex(/^[^\s/:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'expected host:port')
  .refine(hasPort, 'expected a port from 1 to 65535');
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' });
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/, 'expected letters, digits and . _ : -');
const slackId = z.string().regex(/^[A-Z0-9]{1,40}$/, 'expected an id such as T0123ABCD');
const mailAddress = z.email('expected a mail address');
const milliseconds = z.coerce
  .number({ error: 'expected milliseconds' })
  .int('expected whole milliseconds')
  .min(0)
  .max(3_600_000);

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const logFormats = ['auto', 'json', 'text'] as const;

export const configSchema = z.strictObject({
  stateFolder: z.string().min(1).default('.countersign').describe('Holds keys, database and records of processes'),
  gatewayUrl: httpUrl.optional().describe('Absent: what the state folder says'),
  plainHttp: z
    .stringbool({ error: 'expected true or false' })
    .default(false)
    .describe('The key of a command may go to a gateway beyond this machine without TLS'),
  apiKey: z.string().min(8, 'expected an API key').optional().describe('Absent: the local key in the state folder'),
  temporalAddress: address.optional().describe('Absent: the embedded engine of the state folder'),
  temporalNamespace: name.default('countersign'),
  temporalApiKey: z.string().min(1).optional().describe('Of a cloud service; implies TLS'),
  temporalTls: z.stringbool({ error: 'expected true or false' }).default(false),
  temporalTlsCertFile: z.string().min(1).optional().describe('Client certificate, PEM; implies TLS'),
  temporalTlsKeyFile: z.string().min(1).optional().describe('Its private key, PEM'),
  temporalTlsCaFile: z.string().min(1).optional().describe('Of the server’s authority, PEM. Absent: the system’s'),
  temporalTlsServerName: name.optional().describe('In the server’s certificate. Absent: the host of the address'),
  audience: name.optional().describe('Who signatures are for, the same for gateway and workers. Absent: the namespace'),
  taskQueue: name.default('countersign').describe('First part of queue names'),
  splitQueues: z
    .stringbool({ error: 'expected true or false' })
    .default(false)
    .describe('A queue for each role, so that roles run in processes of their own; the same for gateway and workers'),
  openaiApiKey: z.string().min(1).optional(),
  openaiBaseUrl: httpUrl.optional().describe('A compatible server'),
  drainMs: milliseconds.default(20_000).describe('How long running activities may go on after a stop was asked for'),
  healthPort: z.coerce
    .number({ error: 'expected a port' })
    .int('expected a port')
    .min(0, 'expected a port')
    .max(65_535, 'expected a port')
    .optional()
    .describe('Of /healthz and /readyz; absent: none is open, 0: any free one'),
  healthHost: z.string().min(1).default('127.0.0.1').describe('Address that the health port listens on'),
  logLevel: z.enum(logLevels, { error: `expected one of ${logLevels.join(', ')}` }).optional(),
  logFormat: z
    .enum(logFormats, { error: `expected one of ${logFormats.join(', ')}` })
    .default('auto')
    .describe('auto: lines for people on a terminal, JSON elsewhere'),
  keyRegistryFile: z.string().min(1).optional().describe('Set in production: keys then come from files, none is made'),
  markKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe('Key of the marks that redaction leaves, the same for all workers. Absent: one in the state folder'),
  redactionKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe('Key under which what redaction takes out is kept, the same for workers and gateway. Absent: nothing is'),
  store: z
    .string()
    .regex(/^(?:postgres(?:ql)?:\/\/|(?!.*:\/\/))/i, 'expected a postgres:// URL or the path of a file')
    .optional()
    .describe('A postgres:// URL or the path of a SQLite file. Absent: a file in the state folder'),
  publicUrl: httpUrl.optional().describe('Where people reach the gateway, for links in messages'),
  smtpUrl: z
    .url({ protocol: /^smtps?$/, error: 'expected smtp://host or smtps://host' })
    .optional()
    .describe('Of the mail server, with user and password where it wants them'),
  mailFrom: mailAddress.optional(),
  mailTo: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(mailAddress).min(1))
    .optional()
    .describe('Who is mailed of requests, with commas between'),
  webhookUrl: httpUrl.optional().describe('Is told of approval requests'),
  webhookSecret: z.string().min(1).optional().describe('One or two of whsec_…, the new one first, a space between'),
  webhookPrivate: z
    .stringbool({ error: 'expected true or false' })
    .default(false)
    .describe('The webhook may lead to an address of this network'),
  slackSigningSecret: z.string().min(16, 'expected the signing secret of the app').optional(),
  slackBotToken: z.string().min(1).optional().describe('Of the bot, with chat:write'),
  slackTeam: slackId.optional().describe('Id of the workspace'),
  slackChannel: slackId.optional().describe('Id of the channel that requests are posted to'),
  slackApiUrl: httpUrl.optional().describe('Of another Slack than slack.com'),
  storePasswordFile: z.string().min(1).optional().describe('Holds the password of the role in the store’s URL'),
  storeRolePasswords: z.string().min(1).optional().describe('Folder with a password file for each role; for setup'),
  storeRolePrefix: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected lower-case letters, digits and _')
    .default('countersign')
    .describe('First part of the database roles’ names; for setup'),
});
type Settings = z.output<typeof configSchema>;

export interface Config extends Omit<Settings, 'audience'> {
  audience: string;
  /** Files that secrets came from; such a file may be written anew while this runs. */
  secretFiles: Partial<Record<SecretName, string>>;
  storeLocation: StoreLocation;
  /** Absolute, as `stateFolder`. */
  paths: { keys: string; work: string; cache: string; apiKey: string; gateway: string };
}

export type ConfigName = keyof Settings;

/** Environment variable of each setting. */
export const variableByName: Readonly<Record<ConfigName, string>> = {
  stateFolder: 'COUNTERSIGN_STATE',
  gatewayUrl: 'COUNTERSIGN_URL',
  plainHttp: 'COUNTERSIGN_PLAIN_HTTP',
  apiKey: 'COUNTERSIGN_API_KEY',
  temporalAddress: 'TEMPORAL_ADDRESS',
  temporalNamespace: 'TEMPORAL_NAMESPACE',
  temporalApiKey: 'TEMPORAL_API_KEY',
  temporalTls: 'TEMPORAL_TLS',
  temporalTlsCertFile: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
  temporalTlsKeyFile: 'TEMPORAL_TLS_CLIENT_KEY_PATH',
  temporalTlsCaFile: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  temporalTlsServerName: 'TEMPORAL_TLS_SERVER_NAME',
  audience: 'COUNTERSIGN_AUDIENCE',
  taskQueue: 'COUNTERSIGN_TASK_QUEUE',
  splitQueues: 'COUNTERSIGN_SPLIT_QUEUES',
  openaiApiKey: 'OPENAI_API_KEY',
  openaiBaseUrl: 'OPENAI_BASE_URL',
  drainMs: 'COUNTERSIGN_DRAIN_MS',
  healthPort: 'COUNTERSIGN_HEALTH_PORT',
  healthHost: 'COUNTERSIGN_HEALTH_HOST',
  logLevel: 'COUNTERSIGN_LOG_LEVEL',
  logFormat: 'COUNTERSIGN_LOG_FORMAT',
  keyRegistryFile: 'COUNTERSIGN_KEY_REGISTRY_FILE',
  markKeyFile: 'COUNTERSIGN_MARK_KEY_FILE',
  redactionKeyFile: 'COUNTERSIGN_REDACTION_KEY_FILE',
  store: 'COUNTERSIGN_STORE',
  publicUrl: 'COUNTERSIGN_PUBLIC_URL',
  smtpUrl: 'COUNTERSIGN_SMTP_URL',
  mailFrom: 'COUNTERSIGN_MAIL_FROM',
  mailTo: 'COUNTERSIGN_MAIL_TO',
  webhookUrl: 'COUNTERSIGN_WEBHOOK_URL',
  webhookSecret: 'COUNTERSIGN_WEBHOOK_SECRET',
  webhookPrivate: 'COUNTERSIGN_WEBHOOK_PRIVATE',
  slackSigningSecret: 'COUNTERSIGN_SLACK_SIGNING_SECRET',
  slackBotToken: 'COUNTERSIGN_SLACK_BOT_TOKEN',
  slackTeam: 'COUNTERSIGN_SLACK_TEAM',
  slackChannel: 'COUNTERSIGN_SLACK_CHANNEL',
  slackApiUrl: 'COUNTERSIGN_SLACK_API_URL',
  storePasswordFile: 'COUNTERSIGN_STORE_PASSWORD_FILE',
  storeRolePasswords: 'COUNTERSIGN_STORE_ROLE_PASSWORDS',
  storeRolePrefix: 'COUNTERSIGN_STORE_ROLE_PREFIX',
};

/** Flag of each setting that has one on every command line. */
export const flagByName = {
  stateFolder: '--state',
  gatewayUrl: '--url',
  temporalAddress: '--temporal',
  temporalNamespace: '--namespace',
} as const satisfies Partial<Record<ConfigName, string>>;

/** Settings that are secrets: each may be given as a file instead, by its variable with `_FILE`. */
export const secretNames = [
  'apiKey',
  'temporalApiKey',
  'openaiApiKey',
  'smtpUrl',
  'webhookSecret',
  'slackSigningSecret',
  'slackBotToken',
] as const satisfies readonly ConfigName[];
export type SecretName = (typeof secretNames)[number];

export function fileVariable(secret: SecretName): string {
  return `${variableByName[secret]}_FILE`;
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type Flags = Partial<Record<ConfigName, string | undefined>>;

/**
 * @param flags as given on the command line; absent ones come from the environment. Empty text counts as absent.
 * @throws {CountersignError} `config-invalid`
 */
export function readConfig(environment: Environment, flags: Flags = {}): Config {
  const names = Object.keys(variableByName) as ConfigName[];
  const { secretFiles, secrets } = readSecretFiles(environment);
  const given = names.flatMap((setting) => {
    const value = flags[setting] ?? secrets[setting] ?? environment[variableByName[setting]];
    return value === undefined || value === '' ? [] : [[setting, value] as const];
  });
  const parsed = configSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const setting = names.find((one) => one === issue.path[0]);
      return `"${setting ? givenBy(setting, flags) : 'a setting'}" has another form, expected ${expectedBy(issue)}`;
    });
    throw new CountersignError('config-invalid', `Cannot read the settings: ${problems.join('; ')}; correct them`);
  }
  const stateFolder = resolve(parsed.data.stateFolder);
  return {
    ...parsed.data,
    secretFiles,
    stateFolder,
    audience: parsed.data.audience ?? `countersign:${parsed.data.temporalNamespace}`,
    storeLocation: storeLocationOf(parsed.data, stateFolder),
    paths: {
      keys: join(stateFolder, 'keys'),
      work: join(stateFolder, 'work'),
      cache: join(stateFolder, 'cache'),
      apiKey: join(stateFolder, 'api-key'),
      gateway: join(stateFolder, 'gateway.json'),
    },
  };
}

/** What somebody has to correct: the flag wins over the variable. */
function givenBy(setting: ConfigName, flags: Flags): string {
  const flag: Partial<Record<ConfigName, string>> = flagByName;
  return (flags[setting] === undefined ? undefined : flag[setting]) ?? variableByName[setting];
}

function hasPort(place: string): boolean {
  const port = Number(place.slice(place.lastIndexOf(':') + 1));
  return port >= 1 && port <= 65_535;
}

/** One way to give a secret at a time: of two, one would be the old one. */
function readSecretFiles(environment: Environment): { secretFiles: Config['secretFiles']; secrets: Flags } {
  const secretFiles: Config['secretFiles'] = {};
  const secrets: Flags = {};
  for (const secret of secretNames) {
    const variable = fileVariable(secret);
    const path = environment[variable];
    if (path === undefined || path === '') continue;
    if (environment[variableByName[secret]]) {
      throw new CountersignError(
        'config-invalid',
        `Cannot read the settings: both "${variableByName[secret]}" and "${variable}" are set, expected one of the two; leave one out`,
      );
    }
    secretFiles[secret] = path;
    secrets[secret] = readSecretFile(variable, path);
  }
  return { secretFiles, secrets };
}

function storeLocationOf({ store, storePasswordFile }: Settings, stateFolder: string): StoreLocation {
  const location = readStoreLocation(store ?? join(stateFolder, 'store', 'countersign.db'), storePasswordFile ?? null);
  return location.kind === 'sqlite' ? { ...location, file: resolve(location.file) } : location;
}

/** @throws {CountersignError} `config-invalid` naming the variable of a setting that this action needs and nobody gave */
export function required<N extends ConfigName>(config: Config, setting: N, action: string): NonNullable<Config[N]> {
  const value = config[setting];
  if (value === undefined || value === null) {
    throw new CountersignError(
      'config-invalid',
      `Cannot ${action}: "${variableByName[setting]}" is not set, expected a value; set it`,
    );
  }
  return value;
}
