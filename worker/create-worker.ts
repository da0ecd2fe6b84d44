/**
 * A worker process's Temporal workers: one for each task queue among its roles. Embedded, all roles share one queue; a
 * deployment that splits by trust gives each its own, and a process then holds only its role's keys.
 */
import { IllegalStateError } from '@temporalio/common';
import { Runtime, TransportError, Worker, type WorkerOptions } from '@temporalio/worker';
import { bindGuardPrograms } from '../activities/guard-program.ts';
import { silentLogger } from '../client/silent-logger.ts';
import { payloadConverterPath, type TemporalSettings } from '../client/temporal-door.ts';
import type { TaskQueues } from '../core/contracts/ticket.ts';
import { CountersignError } from '../core/errors.ts';
import { requireNode24 } from '../core/needed-node.ts';
import { composeActivities, type WorkerDependencies, type WorkerRole } from './compose-activities.ts';
import { connectNatively } from './connect-natively.ts';
import type { ProcessLog } from './process-log.ts';
import { temporalLog } from './temporal-log.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface WorkerSettings {
  temporal: TemporalSettings;
  taskQueues: TaskQueues;
  /** @default all */
  roles?: readonly WorkerRole[];
  /** How long running activities may go on after a stop was asked for, ms. @default 20_000 */
  drainMs?: number;
  /** Between two looks for a rotated API key, ms. @default 5000 */
  apiKeyEveryMs?: number;
  /** Told what the SDK has to say; the first worker of a process sets it. @default nobody */
  log?: ProcessLog;
  /** Where a workflow bundle made from source is kept. */
  cacheFolder: string;
  /** Workflows held in memory. @default the SDK's */
  maxCachedWorkflows?: number;
}

export interface RunningWorker {
  /** Settles when all of it has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Whether it asks for work on every queue of its roles. */
  isPolling(): boolean;
  /** Drains: no new work, what runs may end. May be called again. */
  stop(): Promise<void>;
}

export const workerRoles: readonly WorkerRole[] = ['agent', 'model', 'tools', 'notify', 'record'];
/**
 * After a kill -9 the server offers the run's next task to the dead worker's own queue first; the default of 10 s is how
 * long a waiting run would then stand still.
 */
const stickyTimeoutMs = 1000;
/** After the drain, for what was cancelled then to say so, ms. */
const leaveAfterMs = 15_000;

/** @throws {CountersignError} `server-unavailable`; `pack-invalid` where a guard's program cannot be read; `config-invalid` below Node.js 24 */
export async function startWorker(settings: WorkerSettings, given: WorkerDependencies): Promise<RunningWorker> {
  requireNode24(process.versions.node, 'start a worker');
  const { temporal, taskQueues, roles = workerRoles, drainMs = 20_000 } = settings;
  const dependencies = { ...given, guards: await bindGuardPrograms(given.guards, given) };
  installRuntime(settings.log);
  const native = await connectNatively(temporal, settings.apiKeyEveryMs);
  const { connection } = native;
  const bundle = roles.includes('agent') ? await workflowBundle(settings.cacheFolder) : undefined;
  const queues = [...new Set(roles.map((role) => taskQueues[role]))];
  const making = Promise.all(
    queues.map((taskQueue) => {
      const served = roles.filter((role) => taskQueues[role] === taskQueue);
      return Worker.create({
        connection,
        namespace: temporal.namespace,
        taskQueue,
        ...activityOptions(dependencies, served),
        ...(served.includes('agent') && bundle ? { workflowBundle: bundle } : {}),
        ...(settings.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: settings.maxCachedWorkflows }),
        dataConverter: { payloadConverterPath },
        shutdownGraceTime: drainMs,
        // A tool that ends for nothing is left behind: its row in the store says that it began.
        shutdownForceTime: drainMs + leaveAfterMs,
        stickyQueueScheduleToStartTimeout: stickyTimeoutMs,
      });
    }),
  );
  const workers = await making.catch(async (error: unknown) => {
    await native.close();
    throw error instanceof TransportError ? notLetIn(temporal, error) : error;
  });
  const stopped = Promise.all(workers.map((worker) => worker.run())).then(() => native.close());
  const stop = async (): Promise<void> => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await stopped;
  };
  return { stopped, isPolling: () => workers.every((worker) => worker.getState() === 'RUNNING'), stop };
}

/** The SDK asks for the namespace before the first poll. */
function notLetIn({ address, namespace }: TemporalSettings, cause: Error): CountersignError {
  return new CountersignError(
    'server-unavailable',
    `Cannot start a worker in namespace "${namespace}" of Temporal at "${address}": the server does not let it (${cause.message.slice(0, 200)}), expected a namespace that it knows and that our credentials open; correct them, or run "countersign setup"`,
    { cause },
  );
}

function activityOptions(dependencies: WorkerDependencies, roles: readonly WorkerRole[]): Partial<WorkerOptions> {
  const onlyGate = roles.every((role) => role === 'agent');
  return {
    activities: composeActivities(dependencies, roles),
    // A worker of the agent queue alone runs the gate's local activities and takes no others from anybody.
    ...(onlyGate ? { enableNonLocalActivities: false } : {}),
  };
}

let installed = false;

/**
 * Once per process: signals are the program's business, and the SDK's own log would write to the terminal. A program that
 * has made its runtime before, such as one that runs other Temporal workers too, keeps its own.
 */
function installRuntime(log: ProcessLog | undefined): void {
  if (installed) return;
  installed = true;
  try {
    Runtime.install({
      shutdownSignals: [],
      telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
      logger: log ? temporalLog(log) : silentLogger,
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
