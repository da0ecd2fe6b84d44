/**
 * What a process holds: the registry of all public keys, and the private keys of the domains it was given, no others.
 * A key that the registry does not know, or no longer lets sign, is never handed out.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Domain } from '../core/contracts/envelope.ts';
import type { KeyRegistry, Signer } from '../core/envelope.ts';
import { signerOf } from './ed25519.ts';
import { unavailable } from './key-folder.ts';

export interface KeySet {
  registry: KeyRegistry;
  /**
   * The signer of a domain, valid now. Ask for it when signing rather than keeping it, so that a revoked key stops here.
   * @throws {CountersignError} `key-unavailable`: a domain not given to this process, or a key revoked or past its time
   */
  signer(domain: Domain): Signer;
}

export function keySetOf(registry: KeyRegistry, privateKeys: ReadonlyMap<Domain, KeyObject>, clock: Clock): KeySet {
  const signers = new Map([...privateKeys].map(([domain, key]) => [domain, signerOf(domain, key)]));
  const keySet: KeySet = {
    registry,
    signer(domain) {
      const signer = signers.get(domain);
      if (!signer)
        throw unavailable(`sign a "${domain}"`, 'this process was not given its key', 'a process that holds it');
      const known = registry.keyByKid(signer.kid);
      const action = `sign a "${domain}" with key "${signer.kid}"`;
      if (!known) throw unavailable(action, 'the registry does not know it', 'a registered key; rotate the key');
      if (known.revokedAt !== null) throw unavailable(action, 'it is revoked', 'a key in force; rotate the key');
      const now = clock.now();
      if (now < known.from || (known.to !== null && now > known.to)) {
        throw unavailable(action, 'its time is not now', 'a key in force; restart with the rotated key');
      }
      return signer;
    },
  };
  for (const domain of signers.keys()) keySet.signer(domain);
  return keySet;
}
