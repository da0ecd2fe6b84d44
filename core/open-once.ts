/**
 * Opening a signed value that was opened before by this process: its key and its times are checked anew, its shape and signature are
 * not. Only for one that nobody can have changed since, by identity; what is read from a database again is another value.
 */
import { type Opened, openEnvelope, type OpenOptions, stillOpens } from './envelope.ts';
import type { Signed } from './contracts/envelope.ts';

interface Before {
  schema: unknown;
  /** Key that verified it. */
  publicKey: string;
}

const openedBefore = new WeakMap<object, Before>();

/** As `openEnvelope`. A value that is not frozen through and through is verified each time. */
export function openOnce<T extends Signed>(value: unknown, options: OpenOptions<T>): Opened<T> {
  const before = typeof value === 'object' && value !== null ? openedBefore.get(value) : undefined;
  // Parsed by this very schema then, and nobody can have changed it: it is one.
  const signed = before?.schema === options.schema ? (value as T) : undefined;
  if (before && signed && stillOpens(signed, options, before.publicKey)) return { kind: 'opened', signed };
  // Where it does not open any more, the whole check says which step fails.
  const opened = openEnvelope(value, options);
  if (opened.kind === 'rejected' || typeof value !== 'object' || value === null) return opened;
  const publicKey = options.registry.keyByKid(opened.signed.kid)?.publicKey;
  if (publicKey !== undefined && isFrozen(value)) openedBefore.set(value, { schema: options.schema, publicKey });
  return opened;
}

/** Whoever keeps a value for the next reader freezes it, so that none changes it for the others. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFrozen(part);
  return Object.freeze(value);
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}
