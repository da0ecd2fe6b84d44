/**
 * The payload converter of workers and clients: JSON as always, but what cannot be decoded becomes a value that says so.
 * One undecodable signal, which anybody with namespace access can send, must not stop a run for ever.
 */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';
import { digestBytes } from '../core/digest.ts';

export interface Undecodable {
  undecodable: true;
  digest: string;
}

class TolerantPayloadConverter implements PayloadConverter {
  toPayload<T>(value: T): Payload {
    return defaultPayloadConverter.toPayload(value);
  }

  fromPayload<T>(payload: Payload): T;
  fromPayload(payload: Payload): unknown {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      const undecodable: Undecodable = {
        undecodable: true,
        digest: digestBytes('undecodable', payload.data ?? new Uint8Array()),
      };
      return undecodable;
    }
  }
}

/** The name is what the SDK looks for in the module at `payloadConverterPath`. */
export const payloadConverter = new TolerantPayloadConverter();
