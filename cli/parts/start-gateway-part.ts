/**
 * A gateway with its local key and the packs that new runs start with, for `dev` and `gateway`. It takes the address it had
 * before, so that links and settings stay good over a restart.
 */
import type { Domain } from '../../core/contracts/envelope.ts';
import {
  activatePack,
  ensureLocalKey,
  type GatewayOptions,
  type LocalKey,
  type PackActivation,
  startGateway,
} from '../../gateway/index.ts';
import { findSecrets } from '../../guards/index.ts';
import { readRedactionKey } from '../../keys/index.ts';
import type { AgentPack } from '../../packs/load-pack.ts';
import { checkedFetch } from '../../tools/checked-fetch.ts';
import type { Config } from '../../worker/config.ts';
import type { ProcessLog } from '../../worker/process-log.ts';
import { findGateway, markGatewayEnded, writeGatewayRecord } from '../gateway-record.ts';
import { channelSettingsOf } from './channel-settings.ts';
import type { Base } from './open-base.ts';
import { taskQueuesOf } from './task-queues.ts';

/** Keys that a gateway holds, and no other process should. */
export const domainsOfGateway: readonly Domain[] = ['ticket', 'vote', 'control'];

const usualPort = 7420;
/** Of one delivery; the lease of a notice is longer. */
const webhookWithinMs = 15_000;

export interface GatewayPartOptions {
  base: Base;
  packs: readonly AgentPack[];
  /** Absent: the one it had before, else the usual one, else any free one. */
  port?: number | undefined;
  /** @default 127.0.0.1 */
  host?: string | undefined;
  /** Answer to other names than loopback's. @default false */
  allowRemote?: boolean;
  log: ProcessLog;
}

export interface GatewayPart {
  url: string;
  localKey: LocalKey;
  activations: PackActivation[];
  close(): Promise<void>;
}

/** @throws {CountersignError} */
export async function startGatewayPart(options: GatewayPartOptions): Promise<GatewayPart> {
  const { base, packs, host, allowRemote = false, log } = options;
  const { config, store, keys, clock, door } = base;
  const writer = { store, keys, clock, audience: config.audience };
  const redactionKey =
    config.redactionKeyFile === undefined ? undefined : readRedactionKey(config.redactionKeyFile, {});
  const localKey = await ensureLocalKey({ ...writer, stateFolder: config.stateFolder });
  const activations: PackActivation[] = [];
  for (const pack of packs) activations.push(await activatePack(writer, pack, localKey.principal));
  const gateway = await startGateway({
    ...writer,
    door,
    namespace: config.temporalNamespace,
    taskQueuesFor: (agent) => taskQueuesOf(config, agent),
    scan: (text) => findSecrets(text),
    logger: log,
    ...(redactionKey ? { redactionKey } : {}),
    ...(options.port === undefined ? { preferredPorts: await preferredPorts(base) } : { port: options.port }),
    allowRemote,
    drainMs: config.drainMs,
    ...channelsOf(config),
    ...(host === undefined ? {} : { host }),
  });
  await writeGatewayRecord(config, gateway.url, clock.now());
  const close = async (): Promise<void> => {
    await markGatewayEnded(config, clock.now());
    await gateway.close();
  };
  return { url: gateway.url, localKey, activations, close };
}

/** Beside what was set: how a webhook is sent, to addresses that were checked where they are dialled. */
function channelsOf(config: Config): Pick<GatewayOptions, 'slack' | 'webhook' | 'mail' | 'publicUrl'> {
  const { webhook, ...others } = channelSettingsOf(config);
  if (!webhook) return others;
  const { url, secrets, isPrivate } = webhook;
  const { port, hostname } = new URL(url);
  const inside = { schemes: ['http:', 'https:'], allow: [hostname], isAllowedAddress: () => true };
  const connection = {
    maximumRedirects: 0,
    schemes: ['https:'],
    ...(port === '' ? {} : { ports: [Number(port)] }),
    ...(isPrivate ? inside : {}),
  };
  const send = async (to: string, request: Parameters<typeof checkedFetch>[1]) =>
    await checkedFetch(to, { ...request, signal: AbortSignal.timeout(webhookWithinMs) }, connection);
  return { ...others, webhook: { url, secrets, send } };
}

async function preferredPorts({ config }: Base): Promise<number[]> {
  const found = await findGateway(config);
  const last = found.kind === 'none' || found.record === null ? 0 : Number(URL.parse(found.record.url)?.port ?? 0);
  return last === 0 ? [usualPort] : [last, usualPort];
}
