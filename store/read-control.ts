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
import type { LayerKind } from '../core/contracts/ids.ts';
import type { KeyRegistry } from '../core/envelope.ts';
import { openOnce } from '../core/open-once.ts';
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

/**
 * The newest verified body for each key, found from the newest row on: what an older one says of the same key is neither
 * opened nor believed.
 * @param keyOf undefined: the row is of no interest
 */
export async function readNewest<K extends ControlKind>(
  reader: ControlReader,
  kinds: readonly K[],
  keyOf: (body: ControlBody) => string | undefined,
): Promise<BodyOf<K>[]> {
  const rows = await reader.store.listControl([...kinds]);
  const newest = new Map<string, BodyOf<K>>();
  for (const row of rows.toSorted((a, b) => b.body.sequence - a.body.sequence)) {
    const key = keyOf(row.body);
    if (key === undefined || newest.has(key)) continue;
    const body = openControl(reader, row);
    if (body && isOneOf(body, kinds)) newest.set(key, body);
  }
  return [...newest.values()];
}

export interface LayerActivation {
  layer: LayerKind;
  name: string;
  mode: 'enforce' | 'shadow';
  policyDigest: string;
}

/** What is in force of every layer beside the packs' own policies. */
export async function readLayers(reader: ControlReader): Promise<LayerActivation[]> {
  const orders = await readNewest(reader, ['policy-layer'], (body) =>
    body.kind === 'policy-layer' ? JSON.stringify([body.layer, body.name, body.mode]) : undefined,
  );
  return orders.flatMap(({ layer, name, mode, policyDigest }) =>
    policyDigest === null ? [] : [{ layer, name, mode, policyDigest }],
  );
}

/** The kinds that say whether the fleet is frozen. */
export const freezeOrders = ['freeze', 'thaw'] as const satisfies readonly ControlKind[];

/** The kinds that say which policies are in force. */
export const policyOrders = ['policy-activation', 'policy-layer'] as const satisfies readonly ControlKind[];

export interface FreezeState {
  frozen: boolean;
  /** Sequence of the last freeze or thaw, 0 before the first. */
  epoch: number;
}

export async function readFreeze(reader: ControlReader): Promise<FreezeState> {
  const rows = await reader.store.listControl(freezeOrders);
  let state: FreezeState = { frozen: false, epoch: 0 };
  for (const row of rows.toSorted((a, b) => a.body.sequence - b.body.sequence)) {
    const body = openControl(reader, row);
    state = { frozen: body?.kind !== 'thaw', epoch: row.body.sequence };
  }
  return state;
}

/** Each gate call reads them all, and they never change. */
function openControl({ audience, registry }: ControlReader, row: SignedControl): ControlBody | undefined {
  // Orders stay in force when their key is rotated out; a revoked key's orders since the revocation do not verify.
  const opened = openOnce(row, { schema: signedControlSchema, audience, registry, now: null });
  return opened.kind === 'opened' ? opened.signed.body : undefined;
}

function isOneOf<K extends ControlKind>(body: ControlBody, kinds: readonly K[]): body is BodyOf<K> {
  return kinds.some((kind) => kind === body.kind);
}
