/**
 * Makes the namespace ready: registered, with the retention wanted (the dev server's own default keeps histories for 24
 * hours only) and with our search attributes. Idempotent; run at every start, since the setting may have changed.
 */
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { CountersignError, messageOf } from '../core/errors.ts';

export interface NamespaceWanted {
  readonly address: string;
  readonly namespace: string;
  readonly retentionDays: number;
  readonly searchAttributes: readonly string[];
  /** Ends the waiting early, when the server has died. */
  readonly signal: AbortSignal;
}

const dayMs = 86_400_000;
const pauseMs = 25;

/** @throws CountersignError `engine-unavailable` when the namespace is not ready within the time */
export async function ensureNamespace(wanted: NamespaceWanted, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let reason: string;
  do {
    try {
      const connection = await Connection.connect({ address: wanted.address, connectTimeout: timeoutMs });
      try {
        reason = await settle(connection, wanted, deadline);
      } finally {
        await connection.close();
      }
      if (reason === '') return;
    } catch (error) {
      reason = messageOf(error);
    }
    await pause();
  } while (performance.now() < deadline && !wanted.signal.aborted);
  throw new CountersignError(
    'engine-unavailable',
    `Cannot prepare namespace "${wanted.namespace}": ${reason}, expected it ready within ${timeoutMs} ms; see engine.log`,
  );
}

/** Empty when all is as wanted, else what is missing still. */
async function settle(connection: Connection, wanted: NamespaceWanted, deadline: number): Promise<string> {
  const { namespace } = wanted;
  let reason: string;
  do {
    try {
      const described = await connection.workflowService.describeNamespace({ namespace });
      const retention = msToTs(wanted.retentionDays * dayMs);
      if (String(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0) !== String(retention.seconds)) {
        await connection.workflowService.updateNamespace({
          namespace,
          config: { workflowExecutionRetentionTtl: retention },
        });
      }
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = wanted.searchAttributes.filter((name) => customAttributes?.[name] === undefined);
      if (missing.length === 0) return '';
      reason = `search attribute ${missing.join(', ')} is not registered`;
    } catch (error) {
      reason = messageOf(error);
    }
    await pause();
  } while (performance.now() < deadline && !wanted.signal.aborted);
  return reason;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
