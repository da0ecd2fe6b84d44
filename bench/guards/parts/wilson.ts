/**
 * A share of a set, with the Wilson score interval at 95%: what the share of other data of the same kind may be. It keeps
 * within 0 and 1 and does not shrink to nothing where a share is 0 (https://doi.org/10.1080/01621459.1927.10502953).
 */
import type { Measurement } from '../../parts/suite.ts';

const z = 1.959964;

export function share(
  id: string,
  count: number,
  of: number,
  better: Measurement['better'],
  target?: number,
): Measurement {
  const value = of === 0 ? 0 : count / of;
  const { low, high } = wilson(count, of);
  return {
    id,
    unit: 'share',
    better,
    kind: 'ratio',
    value,
    low,
    high,
    samples: of,
    ...(target === undefined ? {} : { target }),
  };
}

export function wilson(count: number, of: number): { low: number; high: number } {
  if (of === 0) return { low: 0, high: 1 };
  const part = count / of;
  const centre = (part + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((part * (1 - part)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
