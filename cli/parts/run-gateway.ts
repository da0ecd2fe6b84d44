/** The body of `countersign gateway`: one gateway, until it is told to stop. */

import type { Config } from '../../worker/config.ts';
import type { CommandContext } from '../context.ts';
import { loadPackFolder } from './load-pack-folder.ts';
import { openBase } from './open-base.ts';
import { PartStack } from './part-stack.ts';
import { policyWarnings } from './policy-warnings.ts';
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
  const stack = new PartStack();
  try {
    const packs = await Promise.all(folders.map((folder) => loadPackFolder(folder)));
    const base = await terminal.progress(
      'connecting',
      openBase({ config, environment, clock, domains: domainsOfGateway }),
    );
    stack.onClose(() => base.close());
    const log = (line: string): void => terminal.talk(line);
    const gateway = await terminal.progress(
      'starting the gateway',
      startGatewayPart({ base, packs, ...settings, log }),
    );
    stack.onClose(() => gateway.close());
    for (const pack of packs) {
      for (const warning of policyWarnings(pack.policy)) {
        terminal.talk(`${terminal.talkStyle('yellow', 'WARNING')} policy of ${pack.body.name}: ${warning}`);
      }
    }
    const { url, localKey, activations } = gateway;
    const { path: apiKeyFile, principal, made } = localKey;
    if (json) terminal.json({ gatewayUrl: url, apiKeyFile, principal, activations, pid: process.pid });
    else {
      terminal.result(`gateway is ready at ${url}`);
      terminal.result(`  API key    in ${apiKeyFile}, of ${principal}${made ? ' (new)' : ''}`);
      for (const { agent, activated, policyDigest } of activations) {
        terminal.result(`  policy     of ${agent} ${activated ? 'activated' : 'active'}: ${policyDigest}`);
      }
    }
    await stack.untilStopped(context.takeStop(), []);
    terminal.talk('stopping');
  } finally {
    await terminal.progress('stopping', stack.close());
  }
  return 0;
}
