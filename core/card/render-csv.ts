/**
 * Rows for spreadsheets (RFC 4180): every cell quoted, and no cell begins with what a spreadsheet takes for a formula or a
 * command. Cells are made visible first, so that no cell holds a line break.
 */
import { makeVisible } from '../make-visible.ts';

/** Signs that start a formula, full-width copies among them, also behind spaces or quotes. */
const formula = /^[\s'"]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20]/u;

export function csvRow(cells: readonly string[]): string {
  return cells.map(csvCell).join(',');
}

function csvCell(text: string): string {
  // Judged before and after: an escape that makeVisible writes is no formula, what it leaves may be.
  const shown = makeVisible(text);
  const safe = formula.test(text) || formula.test(shown) ? `'${shown}` : shown;
  return `"${safe.replaceAll('"', '""')}"`;
}
