/** The bench's own arithmetic: a figure is a median with its spread, and a ratio is taken round by round. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interleave } from '../../../bench/parts/interleave.ts';
import { quantile, summarise, summariseRatio } from '../../../bench/parts/statistics.ts';

describe('summarise', () => {
  it('gives the median and the quartiles', () => {
    expect(summarise([5, 1, 4, 2, 3])).toEqual({ value: 3, low: 2, high: 4, samples: 5 });
  });

  it('gives all samples as the spread when there are too few for quartiles', () => {
    expect(summarise([3, 1, 2])).toEqual({ value: 2, low: 1, high: 3, samples: 3 });
  });

  it('refuses to make a figure of nothing, or of what is no number', () => {
    expect(() => summarise([])).toThrow('there are no samples');
    expect(() => summarise([1, Number.NaN])).toThrow('not a finite number');
  });

  it('keeps the median between its spread, whatever the samples', () => {
    // Plus zero: minus zero is the same figure, and not the same to toBe.
    const sample = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map((one) => one + 0);
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), (samples) => {
        const { value, low, high } = summarise(samples);
        expect(low).toBeLessThanOrEqual(value);
        expect(value).toBeLessThanOrEqual(high);
        expect(quantile(samples, 0)).toBe(Math.min(...samples));
      }),
    );
  });
});

describe('summariseRatio', () => {
  it('divides round by round, so that a slow round does not show as a difference', () => {
    expect(summariseRatio([11, 110, 22], [10, 100, 20]).value).toBeCloseTo(1.1);
  });

  it('refuses rounds that lack a partner', () => {
    expect(() => summariseRatio([1, 2], [1])).toThrow('one of each per round');
  });
});

describe('interleave', () => {
  it('runs every variant in every round, turns their order, and forgets the warm-up', async () => {
    const order: string[] = [];
    const note = (name: string) => (round: number) => {
      order.push(`${name}${round}`);
      return round;
    };
    const results = await interleave({ bare: note('bare'), governed: note('governed') }, 2);
    expect(order).toEqual(['bare-1', 'governed-1', 'governed0', 'bare0', 'bare1', 'governed1']);
    expect(results).toEqual({ bare: [0, 1], governed: [0, 1] });
  });
});
