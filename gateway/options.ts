/** What a gateway is made of. It holds the keys of tickets, votes and control records, and no other process should. */
import type { FastifyBaseLogger } from 'fastify';
import type { TemporalDoor } from '../client/temporal-door.ts';
import type { Clock } from '../core/clock.ts';
import type { Domain } from '../core/contracts/envelope.ts';
import type { Finding } from '../core/contracts/labels.ts';
import type { TaskQueues } from '../core/contracts/ticket.ts';
import type { KeyRegistry, Signer } from '../core/envelope.ts';
import type { RedactionKey } from '../keys/index.ts';
import type { Store } from '../store/store.ts';

/** What the gateway does through the door; the SDK's client behind it is not for here. */
export type GatewayDoor = Omit<TemporalDoor, 'client' | 'namespace' | 'close'>;

export interface GatewayKeys {
  registry: KeyRegistry;
  /** Asked at each signature, so that a revoked key signs nothing more. */
  signer(domain: Domain): Signer;
}

export interface SlackOptions {
  /** Of the app; requests that claim to be Slack's are checked with it. */
  signingSecret: string;
  /** Of the bot: `chat:write`. */
  botToken: string;
  /** Id of the workspace: whoever is of another one cannot answer. */
  teamId: string;
  /** Id of the channel that requests are posted to. */
  channel: string;
  /** @default https://slack.com/api/ */
  apiUrl?: string;
}

export interface WebhookOptions {
  url: string;
  /** `whsec_…`, the new one first; a second one while receivers change over. */
  secrets: readonly string[];
  /** The checked connection: which addresses are dialled is decided there. */
  send: (
    url: string,
    request: { method: 'POST'; headers: Record<string, string>; body: string },
  ) => Promise<{ status: number; headers: Readonly<Record<string, string>> }>;
}

export interface MailOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  smtpUrl: string;
  from: string;
  to: readonly string[];
}

export interface GatewayOptions {
  store: Store;
  door: GatewayDoor;
  keys: GatewayKeys;
  audience: string;
  /** Temporal's, bound by each ticket. */
  namespace: string;
  taskQueuesFor(agent: string): TaskQueues;
  clock: Clock;
  /** The secret guard: whatever is sent into a history is scanned first, because a history keeps it. */
  scan(text: string): Promise<Finding[]>;
  logger: FastifyBaseLogger;
  /** Opens what redaction took out. @default null: nothing is kept, or not for this gateway to show */
  redactionKey?: RedactionKey | null;
  /** @default 127.0.0.1 */
  host?: string;
  /** Any free one when 0. @default 0 */
  port?: number;
  /** Tried first, in this order; one that somebody else listens on is passed over. @default none */
  preferredPorts?: readonly number[];
  /** Listen on, and answer to, other names than loopback's. @default false */
  allowRemote?: boolean;
  /** How long open requests and streams may go on after a stop was asked for, ms. @default 20_000 */
  drainMs?: number;
  /** How long a started run may wait for a worker to open it, ms. @default 600_000 */
  ticketLifeMs?: number;
  /** Requests a minute: without a valid key from one address, and of one key for each scope. @default { perAddress: 1200, perKey: 600 } */
  rateLimits?: { perAddress: number; perKey: number };
  /** Between looks for stored votes that were never signalled, ms. @default 5000 */
  resendEveryMs?: number;
  /** Absent: no Slack. */
  slack?: SlackOptions;
  /** Absent: no mail is sent. */
  mail?: MailOptions;
  /** Absent: no webhook is sent. */
  webhook?: WebhookOptions;
  /** Between looks for what channels are to be told, ms. @default 2000 */
  tellEveryMs?: number;
  /** Where people reach this gateway, for links; needed with Slack. @default the name that a request for a link came to */
  publicUrl?: string;
  /** Between looks for changes of approval requests while somebody follows them, ms. @default 500 */
  watchEveryMs?: number;
}

type Kept = 'slack' | 'webhook' | 'mail' | 'publicUrl';
export type GatewayContext = Pick<GatewayOptions, Kept> &
  Required<Omit<GatewayOptions, 'host' | 'port' | 'preferredPorts' | 'allowRemote' | 'drainMs' | Kept>>;

export function contextOf(options: GatewayOptions): GatewayContext {
  return {
    ...options,
    redactionKey: options.redactionKey ?? null,
    ticketLifeMs: options.ticketLifeMs ?? 600_000,
    rateLimits: options.rateLimits ?? { perAddress: 1200, perKey: 600 },
    resendEveryMs: options.resendEveryMs ?? 5000,
    watchEveryMs: options.watchEveryMs ?? 500,
    tellEveryMs: options.tellEveryMs ?? 2000,
  };
}
