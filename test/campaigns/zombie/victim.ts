/**
 * A tools worker in a process of its own that stands still (SIGSTOP) at the store's step that its order names, or where its
 * tool or the other side stops it. Started by `startVictim` only.
 */
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { openTemporalDoor } from '../../../client/temporal-door.ts';
import { domains } from '../../../core/contracts/envelope.ts';
import { loadOrCreateKeys } from '../../../keys/index.ts';
import { openSqliteStore } from '../../../store/index.ts';
import { signalledAt } from '../../support/signal-at.ts';
import { startTestWorker } from '../../support/test-worker.ts';
import { payingPack } from './paying-pack.ts';
import { victimOrderSchema } from './start-victim.ts';

const order = victimOrderSchema.parse(JSON.parse(process.env.VICTIM_ORDER ?? ''));
const store = await openSqliteStore({ file: join(order.folder, 'store', 'countersign.db') });
const clock = { now: () => Date.now() };
const keys = await loadOrCreateKeys({ folder: join(order.folder, 'keys'), domains, clock });
const door = await openTemporalDoor({ address: order.address, namespace: order.namespace });
const worker = await startTestWorker({
  folder: order.folder,
  address: order.address,
  taskQueues: order.taskQueues,
  modelURL: 'http://127.0.0.1:1',
  door,
  store: order.stopAt ? signalledAt(store, order.stopAt, 'SIGSTOP') : store,
  keys,
  pack: payingPack(order.serviceURL),
  settings: { roles: ['tools'], drainMs: 15_000 },
});
process.once('SIGTERM', () => void worker.stop());
// Written now: whoever is killed writes nothing at the end.
flushCompileCache();
process.send?.('ready');
await worker.stopped;
await door.close();
await store.close();
process.disconnect();
