/** A worker of the bare loop, with the SDK's own settings. */
import { fileURLToPath } from 'node:url';
import { IllegalStateError } from '@temporalio/common';
import { type BundleOptions, bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { silentLogger } from '../../../client/silent-logger.ts';
import type { BareActivities } from './activities.ts';

export const bareQueue = 'bench-bare';

export interface BareWorker {
  stop(): Promise<void>;
}

let bundled: Promise<{ code: string }> | undefined;

/** The bare workflows' code, made once. */
export async function bareBundle(): Promise<{ code: string }> {
  const options: BundleOptions = {
    workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
    logger: silentLogger,
  };
  bundled ??= bundleWorkflowCode(options);
  return await bundled;
}

/** Once per process; a governed worker in it has done so before. */
function silence(): void {
  try {
    Runtime.install({ logger: silentLogger, shutdownSignals: [], telemetryOptions: {} });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

export async function startBareWorker(
  temporal: { address: string; namespace: string },
  activities: BareActivities,
): Promise<BareWorker> {
  silence();
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: bareQueue,
    workflowBundle: await bareBundle(),
    activities: { ...activities },
  });
  const stopped = worker.run().then(() => connection.close());
  return {
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await stopped;
    },
  };
}
