/** The body of `countersign gateway`: one gateway, until it is told to stop; then open requests end. */
import type { Config } from '../../worker/config.ts';
import type { CommandContext } from '../context.ts';
import { startHealthServer } from './health-server.ts';
import { loadPackFolder } from './load-pack-folder.ts';
import { openBase } from './open-base.ts';
import { openLog } from './open-log.ts';
import { PartStack } from './part-stack.ts';
import { policyWarnings } from './policy-warnings.ts';
import { checkKeys, checkPack, checkStore, checkTemporal } from './readiness.ts';
import { domainsOfGateway, startGatewayPart } from './start-gateway-part.ts';

export interface GatewaySettings {
  port?: number | undefined;
  host?: string | undefined;
  allowRemote: boolean;
}

/** @returns the exit code. @throws {CountersignError} */
export async function runGateway(
  context: CommandContext,
  config: Config,
  folders: readonly string[],
  settings: GatewaySettings,
): Promise<number> {
  const { terminal, environment, clock, json } = context;
  const log = openLog(context, config, 'gateway');
  const stack = new PartStack();
  try {
    const health = await startHealthServer(config);
    stack.onEnd(() => health.close());
    const packs = await Promise.all(folders.map((folder) => loadPackFolder(folder)));
    const base = await terminal.progress(
      'connecting',
      openBase({ config, environment, clock, domains: domainsOfGateway, storeLogin: { roles: ['gateway'], log } }),
    );
    stack.onClose(() => base.close());
    const gateway = await terminal.progress(
      'starting the gateway',
      startGatewayPart({ base, packs, ...settings, log }),
    );
    stack.onClose(() => gateway.close());
    for (const pack of packs) {
      for (const warning of policyWarnings(pack.policy)) {
        log.warn({ agent: pack.body.name }, `policy: ${warning}`);
      }
    }
    const { url, localKey, activations } = gateway;
    const { path: apiKeyFile, principal, made } = localKey;
    if (json)
      terminal.json({
        gatewayUrl: url,
        apiKeyFile,
        principal,
        activations,
        healthUrl: health.url ?? null,
        pid: process.pid,
      });
    else {
      terminal.result(`gateway is ready at ${url}`);
      terminal.result(`  API key    in ${apiKeyFile}, of ${principal}${made ? ' (new)' : ''}`);
      for (const { agent, activated, policyDigest } of activations) {
        terminal.result(`  policy     of ${agent} ${activated ? 'activated' : 'active'}: ${policyDigest}`);
      }
    }
    health.watch(async () => [
      await checkTemporal(base.door, base.temporal.address),
      await checkStore(base.store, () => 'it answers'),
      await checkKeys(base.keys, domainsOfGateway),
      checkPack(packs),
    ]);
    log.info({ url, healthUrl: health.url ?? null }, 'ready');
    const stop = context.takeStop();
    stop.addEventListener('abort', () => health.drain(), { once: true });
    await stack.untilStopped(stop, []);
    log.info(
      { drainMs: config.drainMs },
      'stopping: open requests may end, no new one is taken; a second signal ends at once',
    );
  } finally {
    await terminal.progress('stopping', stack.close());
  }
  log.info('stopped');
  return 0;
}
