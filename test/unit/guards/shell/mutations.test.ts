/** Writing a command differently never makes it silent: every named mutation over every destructive case of the tables. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';
import { destructiveRows, harmfulCases } from './harmful-cases.ts';
import { anyScript, isPlain, oneCommand } from './mutations.ts';

const isSilent = (script: string): boolean => classifyShell(script).verdict === 'allow';

it('each mutation has a name of its own, and changes a script', () => {
  const names = [...anyScript, ...oneCommand].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...anyScript, ...oneCommand].filter(({ apply }) => apply('rm -rf x') === 'rm -rf x')).toEqual([]);
});

it('every row that knows something destructive has a case of it, which thirty mutations and more apply to', () => {
  expect(destructiveRows.length).toBeGreaterThan(90);
  expect(destructiveRows.filter(({ cases, mutations }) => cases.length === 0 || mutations < 30)).toEqual([]);
});

describe('a mutation never makes silent what was not', () => {
  test.each(anyScript)('$name', ({ apply }) => {
    expect(harmfulCases.filter((script) => isSilent(apply(script)))).toEqual([]);
  });
  test.each(oneCommand)('$name', ({ apply }) => {
    expect(harmfulCases.filter((script) => isPlain(script) && isSilent(apply(script)))).toEqual([]);
  });

  it('nor several on top of each other', () => {
    const one = fc.constantFrom(...oneCommand);
    const any = fc.constantFrom(...anyScript);
    fc.assert(
      fc.property(fc.constantFrom(...harmfulCases.filter(isPlain)), one, any, any, (script, first, second, third) => {
        expect(isSilent(third.apply(second.apply(first.apply(script))))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
