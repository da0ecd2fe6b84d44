/** A worker of the bare loop, with the SDK's own settings. */
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
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

export async function startBareWorker(
  temporal: { address: string; namespace: string },
  activities: BareActivities,
): Promise<BareWorker> {
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: bareQueue,
    workflowBundle: await bareBundle(),
    activities: { ...activities },
  });
  const stopped = worker.run().finally(() => connection.close());
  return {
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await stopped;
    },
  };
}
