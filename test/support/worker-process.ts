/**
 * A worker in a process of its own, for tests that end it: by kill -9 just before or after the store's step that the test
 * names, or by SIGTERM. Run by `startWorkerProcess` only.
 */
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { openTemporalDoor } from '../../client/temporal-door.ts';
import { domains } from '../../core/contracts/envelope.ts';
import { loadOrCreateKeys } from '../../keys/index.ts';
import { openSqliteStore } from '../../store/index.ts';
import { signalledAt } from './signal-at.ts';
import { startTestWorker, testPack } from './test-worker.ts';
import { workerOrderSchema } from './start-worker-process.ts';

const order = workerOrderSchema.parse(JSON.parse(process.env.WORKER_ORDER ?? ''));
const store = await openSqliteStore({ file: join(order.folder, 'store', 'countersign.db') });
const keys = await loadOrCreateKeys({ folder: join(order.folder, 'keys'), domains, clock: { now: () => Date.now() } });
const door = await openTemporalDoor({ address: order.address, namespace: order.namespace });
const worker = await startTestWorker({
  folder: order.folder,
  address: order.address,
  taskQueues: order.taskQueues,
  modelURL: order.modelURL,
  door,
  store: order.killAt ? signalledAt(store, order.killAt, 'SIGKILL') : store,
  keys,
  pack: testPack(join(order.folder, 'effects'), order.pack),
  settings: { drainMs: order.drainMs },
});
process.once('SIGTERM', () => void worker.stop());
// Written now: whoever is killed writes nothing at the end.
flushCompileCache();
process.send?.('ready');
await worker.stopped;
await door.close();
await store.close();
process.disconnect();
