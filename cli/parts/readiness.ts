/**
 * What a process needs to do its work, looked at one by one: Temporal, the polling of its queues, store, keys, agent pack.
 * The health port answers from these, and `doctor` says them of a machine. Each look is bounded, changes nothing, never
 * throws, and says no secret.
 */
import type { TemporalDoor } from '../../client/temporal-door.ts';
import type { Domain } from '../../core/contracts/envelope.ts';
import { CountersignError, messageOf } from '../../core/errors.ts';
import type { Check } from '../../engine/check.ts';
import { redactSecretsNow } from '../../guards/index.ts';
import type { KeySet } from '../../keys/index.ts';
import type { AgentPack } from '../../packs/load-pack.ts';
import type { Store } from '../../store/store.ts';
import type { Config } from '../../worker/config.ts';
import type { RunningWorker } from '../../worker/create-worker.ts';
import { clientCertificateEnd } from '../../worker/temporal-settings.ts';

/** Longer than one request to the server may take: its own error says more. */
const answerWithinMs = 7000;
const dayMs = 86_400_000;

export async function checkTemporal(
  { serverTime, namespace }: Pick<TemporalDoor, 'serverTime' | 'namespace'>,
  address: string,
): Promise<Check> {
  return await look('Temporal', '`countersign errors server-unavailable` says what to do', async () => {
    await serverTime();
    return `${address}, namespace ${namespace}`;
  });
}

export function checkPolling(worker: Pick<RunningWorker, 'isPolling'>, queues: readonly string[]): Check {
  const detail = queues.join(', ');
  if (worker.isPolling()) return { name: 'Task queues', ok: true, detail };
  return { name: 'Task queues', ok: false, detail: `${detail}: not polled`, remedy: 'restart the worker' };
}

export async function checkStore(store: Pick<Store, 'ping'>, where: () => Promise<string> | string): Promise<Check> {
  return await look('Store', '`countersign errors store-unavailable` says what to do', async () => {
    await store.ping();
    return await where();
  });
}

/** Those that this process signs with: a key that was revoked since the start signs nothing more. */
export async function checkKeys(keys: Pick<KeySet, 'signer'>, domains: readonly Domain[]): Promise<Check> {
  const remedy = 'correct that, or restore them from a backup; they are never replaced';
  return await look('Signing keys', remedy, () => {
    const kids = domains.map((domain) => keys.signer(domain).kid);
    return kids.length === 0 ? 'none needed' : kids.join(', ');
  });
}

export function checkPack(packs: readonly Pick<AgentPack, 'body' | 'packDigest'>[]): Check {
  const told = packs.map(({ body, packDigest }) => `${body.name} ${packDigest}`);
  return { name: 'Agent pack', ok: true, detail: told.length === 0 ? 'none given' : told.join(', ') };
}

/** Undefined where there is none. It is told of before it ends: nothing else of a connection ends by itself. */
export async function checkClientCertificate(config: Config, now: number): Promise<Check | undefined> {
  if (config.temporalTlsCertFile === undefined) return undefined;
  return await look('Client certificate', 'renew it, and restart the processes that use it', () => {
    const leftMs = (clientCertificateEnd(config) ?? 0) - now;
    if (leftMs <= 0) throw new Error('it has ended');
    return `good for ${Math.floor(leftMs / dayMs)} days more`;
  });
}

/** Never the name or the words of an unexpected error unread: they pass the secret guard. */
export async function look(name: string, remedy: string, see: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, detail: await inTime(Promise.resolve().then(see)) };
  } catch (error) {
    const code = error instanceof CountersignError ? `${error.code}: ` : '';
    const { text } = redactSecretsNow(`${code}${messageOf(error)}`.slice(0, 500));
    return { name, ok: false, detail: text, remedy };
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
