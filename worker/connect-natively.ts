/**
 * The worker's connection to Temporal, by the SDK's native core. The core keeps an API key rather than asking for it, so a
 * rotated one is handed over here, while the worker runs.
 */
import { NativeConnection } from '@temporalio/worker';
import type { TemporalSettings } from '../client/temporal-door.ts';
import { CountersignError, messageOf } from '../core/errors.ts';

export interface NativeDoor {
  connection: NativeConnection;
  close(): Promise<void>;
}

const lookForKeyEveryMs = 5000;

/**
 * @param keyEveryMs between two looks for a rotated API key, ms
 * @throws {CountersignError} `server-unavailable`
 */
export async function connectNatively(
  { address, tls, apiKey }: TemporalSettings,
  keyEveryMs = lookForKeyEveryMs,
): Promise<NativeDoor> {
  let key = apiKey?.current();
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect({
      address,
      ...(tls === undefined ? {} : { tls }),
      ...(key === undefined ? {} : { apiKey: key }),
    });
  } catch (error) {
    throw new CountersignError(
      'server-unavailable',
      `Cannot connect the worker to Temporal at "${address}": it failed (${messageOf(error).slice(0, 200)}), expected an answer; check the address, certificates and API key`,
      { cause: error },
    );
  }
  const look = (): void => {
    const now = apiKey?.current();
    if (now === undefined || now === key) return;
    key = now;
    // Refused by nobody but a closed connection, which needs no key.
    connection.setApiKey(now).catch(() => undefined);
  };
  const timer = apiKey === undefined ? undefined : setInterval(look, keyEveryMs).unref();
  return {
    connection,
    async close() {
      clearInterval(timer);
      await connection.close();
    },
  };
}
