/** The gateway that the settings name, else the one of the state folder, with the caller's key; it starts nothing. */
import { readFile } from 'node:fs/promises';
import { Countersign } from '../client/gateway-client.ts';
import { CountersignError } from '../core/errors.ts';
import type { Config } from '../worker/config.ts';
import { findGateway } from './gateway-record.ts';
import { refuseForeignFolder } from './own-folder.ts';
import { shownInput } from './shown-input.ts';

type Settings = Pick<Config, 'paths' | 'stateFolder' | 'gatewayUrl' | 'plainHttp' | 'apiKey'>;

/**
 * @throws {CountersignError} `server-unavailable` when none runs there, `unauthenticated` when there is no key, `config-invalid`
 * for a state folder of another user, and for a URL without TLS that leads beyond this machine
 */
export async function connectGateway(config: Settings): Promise<Countersign> {
  // Its address and its key come from there.
  if (config.gatewayUrl === undefined || config.apiKey === undefined) await refuseForeignFolder(config.stateFolder);
  if (config.gatewayUrl !== undefined && !config.plainHttp) requireUnreadOnItsWay(config.gatewayUrl);
  return new Countersign({ url: await gatewayUrl(config), apiKey: await readApiKey(config) });
}

async function gatewayUrl(config: Settings): Promise<string> {
  if (config.gatewayUrl !== undefined) return config.gatewayUrl;
  const found = await findGateway(config);
  if (found.kind === 'running') return found.record.url;
  throw new CountersignError(
    'server-unavailable',
    `Cannot reach a gateway: none runs on state folder "${config.stateFolder}", expected one; start it with "countersign dev <pack folder>", or set COUNTERSIGN_URL or COUNTERSIGN_STATE`,
  );
}

/** Whoever reads a key on its way votes with it. */
function requireUnreadOnItsWay(url: string): void {
  if (URL.parse(url)?.protocol === 'https:' || isLoopback(url)) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot call the gateway at "${shownInput(url)}": your API key would be sent without TLS beyond this machine, expected https; or set COUNTERSIGN_PLAIN_HTTP=true where everything on the way is yours`,
  );
}

/** A URL that somebody set and a key of this machine do not belong together: the local key goes nowhere else. */
async function readApiKey(config: Settings): Promise<string> {
  if (config.apiKey !== undefined) return config.apiKey;
  const local = config.gatewayUrl === undefined || isLoopback(config.gatewayUrl);
  const text = local ? await readFile(config.paths.apiKey, 'utf8').catch(() => '') : '';
  if (text.trim() !== '') return text.trim();
  throw new CountersignError(
    'unauthenticated',
    `Cannot call the gateway: there is no API key for it, expected one; set COUNTERSIGN_API_KEY`,
  );
}

function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname;
  return host === '127.0.0.1' || host === '[::1]' || host === 'localhost';
}
