/**
 * The payload converter of workers and clients: JSON as always, but what cannot be decoded becomes a value that says so.
 * One undecodable signal, which anybody with namespace access can send, must not stop a run for ever.
 */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';
import { decodeTolerantly } from '../core/decode-tolerantly.ts';

class TolerantPayloadConverter implements PayloadConverter {
  toPayload<T>(value: T): Payload {
    return defaultPayloadConverter.toPayload(value);
  }

  fromPayload<T>(payload: Payload): T;
  fromPayload(payload: Payload): unknown {
    return decodeTolerantly(payload.data, () => defaultPayloadConverter.fromPayload<unknown>(payload));
  }
}

/** The name is what the SDK looks for in the module at `payloadConverterPath`. */
export const payloadConverter = new TolerantPayloadConverter();
