/** The body of `countersign worker`: one worker, until it is told to stop; then it drains. */
import { flushCompileCache } from 'node:module';
import type { WorkerRole } from '../../worker/compose-activities.ts';
import type { Config } from '../../worker/config.ts';
import type { CommandContext } from '../context.ts';
import { loadPackFolder } from './load-pack-folder.ts';
import { openBase } from './open-base.ts';
import { PartStack } from './part-stack.ts';
import { domainsOfWorker, startWorkerPart } from './start-worker-part.ts';

/** @returns the exit code. @throws {CountersignError} */
export async function runWorker(
  context: CommandContext,
  config: Config,
  folder: string,
  roles: readonly WorkerRole[],
): Promise<number> {
  const { terminal, environment, clock, json } = context;
  const stack = new PartStack();
  try {
    const pack = await loadPackFolder(folder);
    const base = await terminal.progress(
      'connecting',
      openBase({ config, environment, clock, domains: domainsOfWorker(roles) }),
    );
    stack.onClose(() => base.close());
    const { worker } = await terminal.progress(
      'starting the worker',
      startWorkerPart({ base, environment, pack, roles }),
    );
    stack.onDrain(() => worker.stop());
    const { address, namespace } = base.temporal;
    const agent = pack.body.name;
    if (json) terminal.json({ agent, roles, temporalAddress: address, namespace, pid: process.pid });
    else
      terminal.result(`worker of agent ${agent} is ready (${roles.join(', ')}) on ${address}, namespace ${namespace}`);
    // Written now: whoever is killed writes nothing at the end.
    flushCompileCache();
    await stack.untilStopped(context.takeStop(), [{ name: 'the worker', ended: worker.stopped }]);
    terminal.talk('stopping: running calls may end, nothing new starts (a second Ctrl-C ends at once)');
  } finally {
    await terminal.progress('stopping', stack.close());
  }
  return 0;
}
