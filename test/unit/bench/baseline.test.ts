/** What fails `npm run bench -- --check`, and what does not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { baselineOf, compareWith, mergeBaseline, readBaseline, writeBaseline } from '../../../bench/parts/baseline.ts';
import { readBenchOptions } from '../../../bench/parts/bench-options.ts';
import { reportLines } from '../../../bench/parts/report.ts';
import { summarise } from '../../../bench/parts/statistics.ts';
import type { Measurement } from '../../../bench/parts/suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function measured(id: string, value: number, changes: Partial<Measurement> = {}): Measurement {
  return { id, unit: 'x', better: 'lower', kind: 'ratio', value, low: value, high: value, samples: 3, ...changes };
}
/** Numerical Recipes' linear congruence: the same draws in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const of = (...measurements: Measurement[]) => baselineOf('loop', { seed: 1, rounds: 3, measurements });

describe('compareWith', () => {
  it('finds a ratio that rose by more than 15%, and lets 14% pass', () => {
    const baseline = of(measured('a', 1), measured('b', 1));
    const compared = compareWith(baseline, [measured('a', 1.16), measured('b', 1.14)]);
    expect(compared.map((one) => one.regressed)).toEqual([true, false]);
  });

  it('takes no swing of a noisy machine for a regression, and finds the same rise where enough rounds show it', () => {
    const swing = { low: 0.9, high: 1.6 };
    const baseline = of(
      measured('few', 1, { low: 0.8, high: 1.3 }),
      measured('many', 1, { low: 0.8, high: 1.3, samples: 90 }),
    );
    const compared = compareWith(baseline, [
      measured('few', 1.3, swing),
      measured('many', 1.3, { ...swing, samples: 90 }),
    ]);
    expect(compared.map((one) => one.regressed)).toEqual([false, true]);
    expect(compared.map((one) => one.unsure)).toEqual([true, undefined]);
  });

  it('calls the same machine’s next measurement a regression in no more than one of ten cases, and a doubled cost in nearly all', () => {
    const random = seeded(7);
    const rounds = (cost: number) =>
      Array.from({ length: 7 }, () => cost * Math.exp(0.25 * (random() + random() + random() - 1.5) * 2));
    const figure = (cost: number) => measured('a', 1, summarise(rounds(cost)));
    const baseline = of();
    const share = (cost: number) => {
      const found = Array.from(
        { length: 500 },
        () => compareWith({ ...baseline, measurements: [figure(1)] }, [figure(cost)])[0]?.regressed === true,
      );
      return found.filter(Boolean).length / found.length;
    };
    expect(share(1)).toBeLessThan(0.1);
    expect(share(2)).toBeGreaterThan(0.9);
  });

  it('finds a ratio that should be high and fell', () => {
    const high = { better: 'higher' } as const;
    const compared = compareWith(of(measured('a', 2, high)), [measured('a', 1.7, high)]);
    expect(compared[0]?.regressed).toBe(true);
  });

  it('finds what was nothing and is something, also what should be high and is nothing', () => {
    const high = { better: 'higher' } as const;
    const before = of(
      measured('silent', 0),
      measured('flagged', 0.9, high),
      measured('better', 0.2),
      measured('same', 0),
    );
    const now = [measured('silent', 0.001), measured('flagged', 0, high), measured('better', 0), measured('same', 0)];
    expect(compareWith(before, now).map((one) => one.regressed)).toEqual([true, true, false, false]);
  });

  it('never calls an absolute figure or a new one a regression', () => {
    const absolute = { kind: 'absolute' } as const;
    const compared = compareWith(of(measured('ms', 10, absolute)), [measured('ms', 99, absolute), measured('new', 9)]);
    expect(compared.map((one) => one.regressed)).toEqual([false, false]);
  });
});

describe('a baseline file', () => {
  it('comes back as it was written, and keeps the parts that were not run again', () => {
    const path = join(folder, 'baselines.json');
    writeBaseline(path, mergeBaseline(undefined, of(measured('a', 1), measured('b', 2))));
    writeBaseline(path, mergeBaseline(readBaseline(path), of(measured('b', 3))));
    expect(readBaseline(path)?.measurements.map(({ id, value }) => [id, value])).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
  });

  it('that does not parse is an error, not an absent one', () => {
    const path = join(folder, 'broken.json');
    writeFileSync(path, '{"suite":"loop"}');
    expect(() => readBaseline(path)).toThrow('expected one that --write wrote');
    writeFileSync(path, 'not json');
    expect(() => readBaseline(path)).toThrow('it is not JSON');
    expect(readBaseline(join(folder, 'absent.json'))).toBeUndefined();
  });
});

describe('the printed table', () => {
  it('says when a target is missed and when a ratio regressed', () => {
    const measurements = [measured('a', 1.3, { target: 1.25 }), measured('b', 1)];
    const lines = reportLines(measurements, compareWith(of(measured('a', 1), measured('b', 1)), measurements));
    expect(lines[1]).toMatch(/^a +1\.3 .*<= 1\.25.*MISSED, REGRESSED 30%$/);
    expect(lines[2]).not.toMatch(/MISSED|REGRESSED/);
    const swinging = measured('a', 1.3, { low: 0.9, high: 1.7 });
    const [, unsure] = reportLines([swinging], compareWith(of(measured('a', 1)), [swinging]));
    expect(unsure).toMatch(/30% worse, or chance: measure more rounds$/);
  });
});

describe('the command line of the bench', () => {
  const known = ['overhead', 'policy'];
  it('takes suites and options', () => {
    expect(readBenchOptions(['overhead', '--check', '--rounds', '5', '--only', 'loop'], known)).toMatchObject({
      suites: ['overhead'],
      check: true,
      rounds: 5,
      only: ['loop'],
    });
  });

  it.each([
    [['speed'], 'Cannot run suite "speed": there is none, expected one of overhead, policy'],
    [['--rounds', '0'], 'Cannot read --rounds: "0" is not one, expected a whole number from 1 up'],
    [['--seed', '1.5'], 'Cannot read --seed'],
    [['--fast'], 'Cannot read the command line'],
  ])('refuses %j with what it expected', (parameters, message) => {
    expect(() => readBenchOptions(parameters, known)).toThrow(message);
  });
});
