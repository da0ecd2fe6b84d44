/** Where a text stops being JSON, for whoever wrote it: line and column, and nothing of the text. */
import { parse } from '@humanwhocodes/momoa';

/** ` at line 2, column 5`; empty where it is JSON, or the place is not known. */
export function jsonPlace(text: string): string {
  try {
    parse(text, { mode: 'json' });
    return '';
  } catch (error) {
    const [line, column] = [numberIn(error, 'line'), numberIn(error, 'column')];
    return line === undefined || column === undefined ? '' : ` at line ${line}, column ${column}`;
  }
}

function numberIn(error: unknown, field: string): number | undefined {
  const value: unknown = error instanceof Error ? Reflect.get(error, field) : undefined;
  return typeof value === 'number' ? value : undefined;
}
