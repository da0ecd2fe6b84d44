/** Where a text stops being JSON, for whoever wrote it: line and column, and nothing of the text. */
import { parse } from '@humanwhocodes/momoa';

/** ` at line 2, column 5`; empty where it is JSON, or the place is not known. */
export function jsonPlace(text: string): string {
  try {
    parse(text, { mode: 'json' });
    return '';
  } catch (error) {
    const { line, column } = { line: undefined, column: undefined, ...(error instanceof Error ? error : {}) } as {
      line?: unknown;
      column?: unknown;
    };
    return typeof line === 'number' && typeof column === 'number' ? ` at line ${line}, column ${column}` : '';
  }
}
