/** The body of `countersign worker`: one worker, until it is told to stop; then it drains. */
import { flushCompileCache } from 'node:module';
import type { WorkerRole } from '../../worker/compose-activities.ts';
import type { Config } from '../../worker/config.ts';
import type { CommandContext } from '../context.ts';
import { startHealthServer } from './health-server.ts';
import { loadPackFolder } from './load-pack-folder.ts';
import { openBase } from './open-base.ts';
import { openLog } from './open-log.ts';
import { PartStack } from './part-stack.ts';
import { checkKeys, checkPack, checkPolling, checkStore, checkTemporal } from './readiness.ts';
import { domainsOfWorker, startWorkerPart } from './start-worker-part.ts';

/** @returns the exit code. @throws {CountersignError} */
export async function runWorker(
  context: CommandContext,
  config: Config,
  folder: string,
  roles: readonly WorkerRole[],
): Promise<number> {
  const { terminal, environment, clock, json } = context;
  const log = openLog(context, config, 'worker');
  const stack = new PartStack();
  try {
    const health = await startHealthServer(config);
    stack.onEnd(() => health.close());
    const pack = await loadPackFolder(folder);
    const domains = domainsOfWorker(roles);
    const base = await terminal.progress(
      'connecting',
      openBase({ config, environment, clock, domains, storeLogin: { roles, log } }),
    );
    stack.onClose(() => base.close());
    const { address, namespace } = base.temporal;
    const { worker, queues } = await terminal.progress(
      'starting the worker',
      startWorkerPart({ base, environment, pack, roles, log }),
    );
    stack.onDrain(() => worker.stop());
    health.watch(async () => [
      await checkTemporal(base.door, address),
      checkPolling(worker, queues),
      await checkStore(base.store, () => 'it answers'),
      await checkKeys(base.keys, domains),
      checkPack([pack]),
    ]);
    const agent = pack.body.name;
    const healthUrl = health.url ?? null;
    if (json) terminal.json({ agent, roles, temporalAddress: address, namespace, healthUrl, pid: process.pid });
    else
      terminal.result(`worker of agent ${agent} is ready (${roles.join(', ')}) on ${address}, namespace ${namespace}`);
    log.info({ agent, roles, queues, address, namespace, healthUrl }, 'ready');
    // Written now: whoever is killed writes nothing at the end.
    flushCompileCache();
    const stop = context.takeStop();
    stop.addEventListener('abort', () => health.drain(), { once: true });
    await stack.untilStopped(stop, [{ name: 'the worker', ended: worker.stopped }]);
    log.info(
      { drainMs: config.drainMs },
      'stopping: running calls may end, nothing new starts; a second signal ends at once',
    );
  } finally {
    await terminal.progress('stopping', stack.close());
  }
  log.info('stopped');
  return 0;
}
