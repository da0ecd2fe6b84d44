/** Signs control records and appends them: the store gives the number, inside its transaction. */
import { type ControlBody, controlKinds, type SignedControl } from '../core/contracts/control.ts';
import { sealEnvelope } from '../core/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayContext } from './options.ts';

/** A control body before the store has numbered it. */
export type ControlOrder = ControlBody extends infer B ? (B extends ControlBody ? Omit<B, 'sequence'> : never) : never;

export type ControlWriter = Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'clock'>;

/** @throws {CountersignError} `key-unavailable`, `store-unavailable` */
export async function appendOrder(writer: ControlWriter, order: ControlOrder): Promise<SignedControl> {
  return await writer.store.appendControl((sequence) => seal(writer, order, sequence));
}

const mostAttempts = 10;

/**
 * For an order that was weighed against the records there are: it is appended only if none came in between, else weighed anew.
 * Two orders at once, of which one is right only before the other, would both be let through otherwise.
 * @param weigh what to append, or undefined; called again for each attempt
 * @throws {CountersignError} `conflict` when others keep coming, and what `weigh` throws
 */
export async function appendWeighed<T>(
  writer: ControlWriter,
  weigh: () => Promise<{ result: T; order?: ControlOrder }>,
): Promise<T> {
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const seen = (await writer.store.listControl([...controlKinds])).at(-1)?.body.sequence ?? 0;
    const { result, order } = await weigh();
    if (!order) return result;
    let isLate = false;
    try {
      await writer.store.appendControl((sequence) => {
        isLate = sequence !== seen + 1;
        if (isLate) throw otherOrders();
        return seal(writer, order, sequence);
      });
      return result;
    } catch (error) {
      if (!isLate) throw error;
    }
  }
  throw otherOrders();
}

function seal({ keys, audience, clock }: ControlWriter, order: ControlOrder, sequence: number): SignedControl {
  return sealEnvelope(keys.signer('control'), 'control', audience, { ...order, sequence }, { issuedAt: clock.now() });
}

function otherOrders(): CountersignError {
  return new CountersignError(
    'conflict',
    'Cannot record an order: others were recorded while it was weighed, expected none; order it again',
  );
}
