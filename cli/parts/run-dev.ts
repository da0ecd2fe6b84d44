/**
 * Starts the parts of `dev` in the order they need each other, says where they are, waits, and ends them in the order in
 * which nothing is lost: worker drained, gateway closed, engine stopped.
 */
import { flushCompileCache } from 'node:module';
import { domains } from '../../core/contracts/envelope.ts';
import type { Sandbox } from '../../tools/sandbox/sandbox.ts';
import type { Config } from '../../worker/config.ts';
import type { BegunDev } from '../begin-dev.ts';
import type { CommandContext } from '../context.ts';
import { openBase } from './open-base.ts';
import { openLog } from './open-log.ts';
import { PartStack } from './part-stack.ts';
import { type GatewayPart, startGatewayPart } from './start-gateway-part.ts';
import { startWorkerPart } from './start-worker-part.ts';
import { tellDev } from './tell-dev.ts';

export interface DevParts {
  engine: boolean;
  worker: boolean;
  gateway: boolean;
  port?: number | undefined;
}

/** @returns the exit code. @throws {CountersignError} */
export async function runDev(
  context: CommandContext,
  config: Config,
  parts: DevParts,
  begun: BegunDev,
): Promise<number> {
  const { terminal, environment, clock } = context;
  const log = openLog(context, config, 'dev', 'warn');
  const stack = new PartStack();
  try {
    const { pack } = begun;
    const engine = await terminal.progress('starting the engine', begun.engine);
    if (engine) stack.onEnd(() => engine.stop());
    const address = engine === undefined ? {} : { address: engine.address };
    const base = await terminal.progress('connecting', openBase({ config, environment, clock, domains, ...address }));
    stack.onClose(() => base.close());
    const startGateway = async (): Promise<GatewayPart | undefined> => {
      if (!parts.gateway) return undefined;
      const started = await startGatewayPart({ base, packs: [pack], port: parts.port, log });
      stack.onClose(() => started.close());
      return started;
    };
    const startWorker = async () => {
      if (!parts.worker) return undefined;
      const started = await startWorkerPart({ base, environment, pack, log });
      stack.onDrain(() => started.worker.stop());
      return started;
    };
    const [gateway, worker] = await terminal.progress(
      'starting worker and gateway',
      stack.both(startGateway(), startWorker()),
    );
    tellDev(context, { config, pack, engine, gateway, worker: worker !== undefined });
    // Written now: whoever is killed writes nothing at the end.
    flushCompileCache();
    if (worker) void warnOfSandbox(context, worker.sandbox);
    await stack.untilStopped(context.takeStop(), [
      ...(engine ? [{ name: 'the engine', ended: engine.exited }] : []),
      ...(worker ? [{ name: 'the worker', ended: worker.worker.stopped }] : []),
    ]);
    terminal.talk('stopping: running calls may end, nothing new starts (a second Ctrl-C ends at once)');
  } finally {
    await terminal.progress('stopping', stack.close());
  }
  return 0;
}

/** Its trial takes a moment, for which nothing has to wait. */
async function warnOfSandbox({ terminal }: CommandContext, sandbox: Sandbox): Promise<void> {
  const availability = await sandbox.available();
  if (availability.ok) return;
  const { reason, remedy } = availability;
  terminal.talk(`${terminal.talkStyle('yellow', 'WARNING')} no sandbox, so no shell: ${reason}; ${remedy}`);
}
