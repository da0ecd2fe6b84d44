/** Signing keys: made or loaded, held as KeyObject only, registered, rotated, revoked. */
export { revokeKey, type RotateOptions, rotateKey } from './change-keys.ts';
export { kidOf, rawPublicKey, signerOf, verifySignature } from './ed25519.ts';
export { requireKeyFolder } from './key-folder.ts';
export type { KeySet } from './key-set.ts';
export {
  type KeyFiles,
  keyVariable,
  loadKeysFromEnvironment,
  loadKeysFromFiles,
  registryVariable,
} from './load-keys-from-files.ts';
export {
  createKeyFiles,
  loadOrCreateKeys,
  type LoadOrCreateOptions,
  privateKeyPath,
  registryPath,
} from './load-or-create-keys.ts';
export { openRegistry, readRegistry } from './registry-file.ts';
export { loadOrCreateMarkKey } from './mark-key.ts';
export { readRandomKey } from './random-key.ts';
export { type KeptSecret, type RedactionKey, readRedactionKey, redactionKeyOf } from './redaction-key.ts';
