/** Every row of the shell classifier's tables has cases, and each case gets the class that its row says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shellClasses } from '../../../../core/contracts/shell-class.ts';
import { classifyShell } from '../../../../guards/shell/index.ts';
import { readTables, tablesText } from '../../../../scripts/shell-tables.ts';

const shipped = new URL('../../../../guards/shell/tables.json', import.meta.url);

describe.each(readTables())('the table of $family', ({ rows }) => {
  it('has cases in every row, with known classes', () => {
    for (const { names, cases } of rows) {
      expect(Object.keys(cases ?? {}), names).not.toHaveLength(0);
      for (const wanted of Object.values(cases)) expect(shellClasses).toContain(wanted);
    }
  });

  it('gives each case its class', () => {
    const wrong = rows.flatMap(({ cases }) =>
      Object.entries(cases).flatMap(([command, wanted]) => {
        const { worst } = classifyShell(command);
        return worst === wanted ? [] : [{ command, wanted, worst }];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

it('has each name in one row: of two the later one would win in silence', () => {
  const names = readTables().flatMap(({ rows }) => rows.flatMap((row) => row.names.split(/\s+/u)));
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

it('tables.json is what the tables say: npm run tables writes it', () => {
  expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(JSON.parse(tablesText()));
});
