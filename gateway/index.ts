/** The gateway: the HTTP API, its keys, and the activation of packs. */
export { activatePack, type PackActivation } from './activate-pack.ts';
export type { GatewayApp } from './app.ts';
export { createGateway } from './create-gateway.ts';
export { ensureLocalKey, type LocalKey, type LocalKeyOptions, localKeyPath } from './local-key.ts';
export { mintApiKey, type MintedKey } from './mint-api-key.ts';
export type {
  GatewayDoor,
  GatewayKeys,
  GatewayOptions,
  MailOptions,
  SlackOptions,
  WebhookOptions,
} from './options.ts';
export { type RunningGateway, startGateway } from './start-gateway.ts';
