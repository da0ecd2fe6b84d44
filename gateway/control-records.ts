/** Signs control records and appends them: the store gives the number, inside its transaction. */
import type { ControlBody, SignedControl } from '../core/contracts/control.ts';
import { sealEnvelope } from '../core/envelope.ts';
import type { GatewayContext } from './options.ts';

/** A control body before the store has numbered it. */
export type ControlOrder = ControlBody extends infer B ? (B extends ControlBody ? Omit<B, 'sequence'> : never) : never;

export type ControlWriter = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

/** @throws {CountersignError} `key-unavailable`, `store-unavailable` */
export async function appendOrder(writer: ControlWriter, order: ControlOrder): Promise<SignedControl> {
  const { store, keys, audience, clock } = writer;
  return await store.appendControl((sequence) =>
    sealEnvelope(keys.signer('control'), 'control', audience, { ...order, sequence }, { issuedAt: clock.now() }),
  );
}
