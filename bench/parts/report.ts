/** What a suite measured, as a table for people. Every line has its spread, and says when it misses a target or regressed. */
import type { Comparison } from './baseline.ts';
import { type Measurement, meetsTarget } from './suite.ts';

/** Lines of text columns, the first to the left and the others to the right. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

export function reportLines(measurements: readonly Measurement[], comparisons: readonly Comparison[]): string[] {
  const byId = new Map(comparisons.map((one) => [one.id, one]));
  const rows = measurements.map((one) => {
    const compared = byId.get(one.id);
    return [
      one.id,
      figure(one.value),
      one.unit,
      `${figure(one.low)}..${figure(one.high)}`,
      String(one.samples),
      targetCell(one),
      compared?.before === undefined ? '' : figure(compared.before),
      remarkOf(one, compared),
    ];
  });
  return tableLines([['what', 'median', 'unit', 'spread', 'n', 'target', 'baseline', ''], ...rows]);
}

function targetCell({ target, better }: Measurement): string {
  if (target === undefined) return '';
  return `${better === 'lower' ? '<=' : '>='} ${figure(target)}`;
}

function remarkOf(one: Measurement, compared: Comparison | undefined): string {
  const remarks: string[] = [];
  if (meetsTarget(one) === false) remarks.push('MISSED');
  const percent = Math.round((compared?.worse ?? 0) * 100);
  if (compared?.regressed) remarks.push(`REGRESSED ${percent}%`);
  if (compared?.unsure) remarks.push(`${percent}% worse, or chance: measure more rounds`);
  return remarks.join(', ');
}

/** Three figures that count. */
export function figure(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
