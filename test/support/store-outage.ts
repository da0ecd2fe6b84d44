/** A store that can be taken away and given back, as a database behind a network is. */
import { CountersignError } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';

export interface Outage {
  wrap(store: Store): Store;
  begin(): void;
  end(): void;
  /** Calls refused since the outage began. */
  refused(): number;
}

export function createOutage(): Outage {
  let out = false;
  let refused = 0;
  const refuse = async (): Promise<never> => {
    refused += 1;
    throw new CountersignError('store-unavailable', 'Cannot reach the store: it is away, expected it to answer; wait');
  };
  return {
    wrap: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          return (...input: unknown[]): unknown => (out ? refuse() : Reflect.apply(value, target, input));
        },
      }),
    begin: () => {
      out = true;
      refused = 0;
    },
    end: () => {
      out = false;
    },
    refused: () => refused,
  };
}
