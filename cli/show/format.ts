/** How times, durations and lists look in every command. One format of each. */
import { stripVTControlCharacters } from 'node:util';

/** UTC to the second. */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/u, 'Z');
}

/** Time of day of a line of talk, UTC. */
export function clockText(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** The two largest parts: `2 h 5 min`, `45 s`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** `1 turn`, `2 turns`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Enough of a nonce to type. */
export function shortNonce(nonce: string): string {
  return nonce.slice(0, 8);
}

/** Columns as wide as their widest cell, two spaces between; colours count for nothing. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - lengthOf(cell))}`)
      .join('  ')
      .trimEnd(),
  );
}

function lengthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
