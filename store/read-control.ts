/**
 * Control records as their readers see them: opened, in order of sequence. A writer of the database without the key can
 * add rows that do not verify; such a row is skipped, except among freezes, where anything unsure reads as frozen.
 */
import {
  type ControlBody,
  type ControlKind,
  type SignedControl,
  signedControlSchema,
} from '../core/contracts/control.ts';
import { type KeyRegistry, openEnvelope, stillOpens } from '../core/envelope.ts';
import type { Store } from './store.ts';

export interface ControlReader {
  store: Pick<Store, 'listControl'>;
  registry: KeyRegistry;
  audience: string;
}

type BodyOf<K extends ControlKind> = Extract<ControlBody, { kind: K }>;

/** Verified bodies of these kinds, lowest sequence first. */
export async function readControl<K extends ControlKind>(
  reader: ControlReader,
  kinds: readonly K[],
): Promise<BodyOf<K>[]> {
  const rows = await reader.store.listControl([...kinds]);
  const bodies: BodyOf<K>[] = [];
  for (const row of rows) {
    const body = openControl(reader, row);
    if (body && isOneOf(body, kinds)) bodies.push(body);
  }
  return bodies.toSorted((a, b) => a.sequence - b.sequence);
}

export interface FreezeState {
  frozen: boolean;
  /** Sequence of the last freeze or thaw, 0 before the first. */
  epoch: number;
}

export async function readFreeze(reader: ControlReader): Promise<FreezeState> {
  const rows = await reader.store.listControl(['freeze', 'thaw']);
  let state: FreezeState = { frozen: false, epoch: 0 };
  for (const row of rows.toSorted((a, b) => a.body.sequence - b.body.sequence)) {
    const body = openControl(reader, row);
    state = { frozen: body?.kind !== 'thaw', epoch: row.body.sequence };
  }
  return state;
}

/** Public key that verified a record, by the record itself: each gate call reads them all, and they never change. */
const verifiedWith = new WeakMap<object, string>();

function openControl(reader: ControlReader, row: SignedControl): ControlBody | undefined {
  // Orders stay in force when their key is rotated out; a revoked key's orders since the revocation do not verify.
  const options = { audience: reader.audience, registry: reader.registry, now: null };
  const known = verifiedWith.get(row);
  if (known !== undefined) return stillOpens(row, options, known) ? row.body : undefined;
  const opened = openEnvelope(row, { schema: signedControlSchema, ...options });
  if (opened.kind === 'rejected') return undefined;
  const publicKey = reader.registry.keyByKid(row.kid)?.publicKey;
  // Only of a record that nobody can change behind our back: what was verified is then what is read.
  if (publicKey !== undefined && isFrozen(row)) verifiedWith.set(row, publicKey);
  return opened.signed.body;
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

function isOneOf<K extends ControlKind>(body: ControlBody, kinds: readonly K[]): body is BodyOf<K> {
  return kinds.some((kind) => kind === body.kind);
}
