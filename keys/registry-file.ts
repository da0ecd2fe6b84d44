/**
 * The key registry as a file that is looked at again before each check, so that a revocation counts from the next check
 * on. A registry that is missing or malformed is a fault (`key-unavailable`), never an empty registry or the one of before.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { canonicalJson, parseStrictJson } from '../core/canonical-json.ts';
import { type RegistryKey, registryKeySchema } from '../core/contracts/envelope.ts';
import type { KeyRegistry } from '../core/envelope.ts';
import { decodeCanonical, kidOf, verifySignature } from './ed25519.ts';
import { codeOf } from '../core/errors.ts';
import { unavailable, writeWhole } from './key-folder.ts';

const registrySchema = z.array(registryKeySchema).min(1).max(10_000);

/** @throws {CountersignError} `key-unavailable` when the file cannot be used now; so may every later `keyByKid` */
export function openRegistry(path: string): KeyRegistry {
  let loaded = load(path);
  return {
    keyByKid: (kid) => {
      if (stateOf(path) !== loaded.state) loaded = load(path);
      return loaded.keys.get(kid);
    },
    verify: verifySignature,
  };
}

/** @throws {CountersignError} `key-unavailable` */
export function readRegistry(path: string): RegistryKey[] {
  return [...load(path).keys.values()];
}

/** The caller holds the folder's lock. */
export function writeRegistry(path: string, keys: readonly RegistryKey[]): void {
  const lines = parseRegistry(path, JSON.stringify(keys)).map((key) => canonicalJson(key));
  writeWhole(path, `[\n${lines.join(',\n')}\n]\n`, 0o644);
}

interface LoadedRegistry {
  state: string;
  keys: ReadonlyMap<string, RegistryKey>;
}

function load(path: string): LoadedRegistry {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) throw unavailable(`read key registry "${path}"`, 'it is no file', 'a file');
    if ((stats.mode & 0o022n) !== 0n) {
      throw unavailable(`read key registry "${path}"`, 'group or world may write it', 'mode 0644 or stricter');
    }
    const keys = parseRegistry(path, readFileSync(file, 'utf8'));
    return { state: describe(stats), keys: new Map(keys.map((key) => [key.kid, key])) };
  } finally {
    closeSync(file);
  }
}

function stateOf(path: string): string {
  try {
    return describe(statSync(path, { bigint: true }));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Times in nanoseconds, and the time of change beside that of modification: only the former cannot be set back. */
function describe(stats: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return `${stats.ino}/${stats.size}/${stats.mtimeNs}/${stats.ctimeNs}`;
}

function parseRegistry(path: string, text: string): RegistryKey[] {
  const action = `use key registry "${path}"`;
  const json = parseStrictJson(text);
  if (json.kind === 'refused') throw unavailable(action, json.reason, 'a JSON array of keys');
  const parsed = registrySchema.safeParse(json.value);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw unavailable(action, `it does not have the expected shape at "${where}"`, 'a JSON array of keys');
  }
  const publicKeys = new Set<string>();
  for (const key of parsed.data) {
    if (decodeCanonical(key.publicKey, 32) === undefined || kidOf(key.domain, key.publicKey) !== key.kid) {
      throw unavailable(
        action,
        `key "${key.kid}" is not named after its public key`,
        '<domain>-<16 hex of its SHA-256>',
      );
    }
    if (publicKeys.has(key.publicKey)) {
      throw unavailable(action, `the public key of "${key.kid}" stands in it twice`, 'each key once, for one domain');
    }
    publicKeys.add(key.publicKey);
  }
  return parsed.data;
}

function unreadable(path: string, error: unknown): Error {
  return unavailable(
    `read key registry "${path}"`,
    `it cannot be opened (${codeOf(error) ?? 'unknown fault'})`,
    'a file',
    error,
  );
}
