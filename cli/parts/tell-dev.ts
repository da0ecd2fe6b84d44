/** What `dev` says once it is ready: where everything is, never a key; what of the policy needs a second look, loudly. */
import type { EmbeddedEngine } from '../../engine/dev-server.ts';
import type { AgentPack } from '../../packs/load-pack.ts';
import type { Config } from '../../worker/config.ts';
import type { CommandContext } from '../context.ts';
import { policyWarnings } from './policy-warnings.ts';
import type { GatewayPart } from './start-gateway-part.ts';

export interface StartedDev {
  config: Config;
  pack: AgentPack;
  engine: EmbeddedEngine | undefined;
  gateway: GatewayPart | undefined;
  worker: boolean;
}

export function tellDev(context: Pick<CommandContext, 'terminal' | 'json' | 'typed'>, started: StartedDev): void {
  const { terminal, json, typed } = context;
  const agent = started.pack.body.name;
  const warnings = policyWarnings(started.pack.policy);
  for (const warning of warnings) {
    terminal.talk(`${terminal.talkStyle('yellow', 'WARNING')} policy of ${agent}: ${warning}`);
  }
  for (const { before, mayBeLooser } of started.gateway?.activations ?? []) {
    if (!mayBeLooser || !before) continue;
    terminal.talk(
      `${terminal.talkStyle('yellow', 'WARNING')} policy of ${agent}: the file of the pack is in force now in place of ${before.policyDigest}, and MAY BE LOOSER for new runs; to have that one back: ${typed(`policy rollback --layer pack:${agent}`)}`,
    );
  }
  if (json) terminal.json({ ...facts(started), warnings });
  else for (const line of lines(started, typed)) terminal.result(line);
}

function facts({ config, pack, engine, gateway, worker }: StartedDev) {
  return {
    agent: pack.body.name,
    stateFolder: config.stateFolder,
    gatewayUrl: gateway?.url ?? null,
    uiUrl: engine?.uiUrl ?? null,
    temporalAddress: engine?.address ?? config.temporalAddress ?? null,
    apiKeyFile: gateway?.localKey.path ?? null,
    principal: gateway?.localKey.principal ?? null,
    keyFolder: config.keyRegistryFile === undefined ? config.paths.keys : null,
    packDigest: pack.packDigest,
    policyDigest: pack.policyDigest,
    activated: gateway?.activations.some((one) => one.activated) ?? false,
    mayBeLooser: gateway?.activations.some((one) => one.mayBeLooser) ?? false,
    worker,
    pid: process.pid,
  };
}

function lines({ config, pack, engine, gateway, worker }: StartedDev, typed: CommandContext['typed']): string[] {
  const agent = pack.body.name;
  const ofGateway = (part: GatewayPart): string[] => {
    const { path, principal, made } = part.localKey;
    const [activation] = part.activations;
    const active = activation?.heldBack
      ? 'HELD BACK, may be looser: two people must activate it (countersign policy activate)'
      : activation?.activated
        ? activation.before
          ? 'activated in place of another'
          : 'activated'
        : 'active';
    return [
      `  gateway    ${part.url}`,
      `  API key    in ${path}, of ${principal}${made ? ' (new)' : ''}`,
      `  policy     ${active}: ${pack.policyDigest}`,
    ];
  };
  return [
    `agent ${agent} is ready`,
    ...(gateway ? ofGateway(gateway) : ['  gateway    not here']),
    ...(worker ? [] : ['  worker     not here']),
    ...(engine
      ? [`  Temporal   ${engine.address}, UI ${engine.uiUrl}`]
      : [`  Temporal   ${config.temporalAddress ?? ''}`]),
    ...(config.keyRegistryFile === undefined ? [`  keys       in ${config.paths.keys}`] : []),
    `  try        ${typed(`run ${agent} "…"`)}`,
  ];
}
