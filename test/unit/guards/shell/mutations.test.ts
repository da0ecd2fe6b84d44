/** Writing a command differently never makes it silent: every named mutation over every destructive case of the tables. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';
import { readTables } from '../../../../scripts/shell-tables.ts';
import { anyScript, isPlain, oneCommand } from './mutations.ts';

const harmful = readTables().flatMap(({ rows }) =>
  rows.flatMap(({ cases }) => Object.entries(cases).flatMap(([script, wanted]) => (wanted === 'read' ? [] : [script]))),
);
const isSilent = (script: string): boolean => classifyShell(script).verdict === 'allow';

it('there are at least thirty, each with a name of its own', () => {
  const names = [...anyScript, ...oneCommand].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(30);
});

describe('a mutation never makes silent what was not', () => {
  test.each(anyScript)('$name', ({ apply }) => {
    expect(harmful.filter((script) => isSilent(apply(script)))).toEqual([]);
  });
  test.each(oneCommand)('$name', ({ apply }) => {
    expect(harmful.filter((script) => isPlain(script) && isSilent(apply(script)))).toEqual([]);
  });

  it('nor several on top of each other', () => {
    const one = fc.constantFrom(...oneCommand);
    const any = fc.constantFrom(...anyScript);
    fc.assert(
      fc.property(fc.constantFrom(...harmful.filter(isPlain)), one, any, any, (script, first, second, third) => {
        expect(isSilent(third.apply(second.apply(first.apply(script))))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
