/** Where a tools worker stands still, when it wakes, and how the doubt is settled meanwhile. */
import type { SignalAt } from '../../support/signal-at.ts';
import type { Random } from '../frame/random.ts';

export interface StopPoint {
  name: string;
  /** Null: the tool or the other side stops it, by the name in its arguments. */
  at: SignalAt | null;
  /** Whole requests that reach the other side at most: it wakes in the middle of one, and sends the rest of it. */
  mostRequests: 1 | 2;
}

export const stopPoints: readonly StopPoint[] = [
  { name: 'before-reserve', at: { when: 'before', method: 'reserveFence', call: 1 }, mostRequests: 1 },
  { name: 'after-reserve', at: { when: 'after', method: 'reserveFence', call: 1 }, mostRequests: 1 },
  { name: 'after-start', at: { when: 'after', method: 'startFence', call: 1 }, mostRequests: 1 },
  { name: 'in-tool', at: null, mostRequests: 2 },
  { name: 'in-request', at: null, mostRequests: 2 },
  { name: 'after-effect', at: { when: 'before', method: 'consumeFence', call: 1 }, mostRequests: 1 },
  { name: 'after-receipt', at: { when: 'after', method: 'consumeFence', call: 1 }, mostRequests: 1 },
];

export const wakings = ['once-void', 'after-new-try'] as const;
export const tools = ['pay', 'pay_blind'] as const;

export interface ZombieCase {
  id: string;
  stop: StopPoint;
  wake: (typeof wakings)[number];
  tool: (typeof tools)[number];
  /** The other side pays each request, whatever its key: nothing is promised, and it is shown what then happens. */
  keyed: boolean;
}

const all: readonly Omit<ZombieCase, 'id'>[] = [
  ...stopPoints.flatMap((stop) => wakings.flatMap((wake) => tools.map((tool) => ({ stop, wake, tool, keyed: true })))),
  ...stopPoints
    .filter(({ mostRequests }) => mostRequests === 2)
    .map((stop) => ({ stop, wake: wakings[1], tool: tools[0], keyed: false })),
];

/** Each of them once, in seeded order, and again from the beginning where more are wanted. */
export function zombieCases(random: Random, count: number): ZombieCase[] {
  const order = random.shuffle(all);
  return Array.from({ length: count }, (_, index) => {
    const chosen = order[index % order.length];
    if (!chosen) throw new RangeError('there are no cases');
    return { ...chosen, id: String(index) };
  });
}

export const allCases = all.length;
