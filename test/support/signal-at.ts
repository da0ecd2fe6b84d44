/** A store at whose named step this very process is sent a signal: kill -9, or a stop from which somebody may wake it. */
import type { Store } from '../../store/store.ts';

export interface SignalAt {
  when: 'before' | 'after';
  method: string;
  /** The n-th call of it. */
  call: number;
}

/** Nothing of the process gets to say goodbye, or to notice that it stood still. */
export function signalledAt(target: Store, { when, method, call }: SignalAt, signal: 'SIGKILL' | 'SIGSTOP'): Store {
  let calls = 0;
  return new Proxy(target, {
    get(inner, name) {
      const value: unknown = Reflect.get(inner, name, inner);
      if (typeof value !== 'function') return value;
      return async (...input: unknown[]): Promise<unknown> => {
        if (name !== method) return (await Reflect.apply(value, inner, input)) as unknown;
        calls += 1;
        const chosen = calls === call;
        if (chosen && when === 'before') process.kill(process.pid, signal);
        const result: unknown = await Reflect.apply(value, inner, input);
        if (chosen && when === 'after') process.kill(process.pid, signal);
        return result;
      };
    },
  });
}
