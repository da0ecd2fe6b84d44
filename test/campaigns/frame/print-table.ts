/** A campaign's table as people read it: aligned text for a terminal, Markdown for the evidence. */
import type { Table } from '../campaign.ts';

type Cell = string | number;

export function tableText(table: Table): string {
  const widths = widthsOf(table);
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [lineOf(table.columns, widths, '  '), rule, ...table.rows.map((row) => lineOf(row, widths, '  '))].join('\n');
}

export function tableMarkdown(table: Table): string {
  const escaped: Table = {
    columns: table.columns.map((column) => column.replaceAll('|', '\\|')),
    rows: table.rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : cell.replaceAll('|', '\\|')))),
  };
  const right = escaped.columns.map((_, column) => escaped.rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly Cell[]): string => `| ${row.join(' | ')} |`;
  const rule = `|${right.map((number) => (number ? '---:' : '---')).join('|')}|`;
  return [line(escaped.columns), rule, ...escaped.rows.map(line)].join('\n');
}

function widthsOf({ columns, rows }: Table): number[] {
  return columns.map((name, column) => Math.max(name.length, ...rows.map((row) => String(row[column] ?? '').length)));
}

function lineOf(cells: readonly Cell[], widths: readonly number[], gap: string): string {
  const padded = cells.map((cell, column) => {
    const width = widths[column] ?? 0;
    return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
  });
  return padded.join(gap).trimEnd();
}
