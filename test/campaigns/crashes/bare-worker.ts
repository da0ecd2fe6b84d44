/** A worker of the bare loop in a process of its own, to be killed. Usage: bare-worker.ts <address> <namespace> <queue> <bundle> <model URL> */
import { flushCompileCache } from 'node:module';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { silentLogger } from '../../../client/silent-logger.ts';
import { createBareActivities } from './bare-activities.ts';

const [, , address = '', namespace = '', taskQueue = '', codePath = '', modelURL = ''] = process.argv;
Runtime.install({ logger: silentLogger, telemetryOptions: {} });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue,
  workflowBundle: { codePath },
  activities: { ...createBareActivities(modelURL) },
  stickyQueueScheduleToStartTimeout: 1000,
});
const running = worker.run();
// Written now: whoever is killed writes nothing at the end.
flushCompileCache();
process.send?.('ready');
await running;
