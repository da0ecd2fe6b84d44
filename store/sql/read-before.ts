/**
 * Signed records as this process parsed them from the very same text: a list that people look at again and again parses each
 * request once. It answers by text, so a row that somebody changed is read anew; what it gives is frozen, for all its readers.
 */
import { deepFrozen } from '../../core/open-once.ts';

/** @param most kept; the longest unread goes first. @returns `read` with a memory of its own */
export function rememberRead<T>(read: (text: string) => T, most: number): (key: string, text: string) => T {
  const kept = new Map<string, { text: string; value: T }>();
  return (key, text) => {
    const known = kept.get(key);
    kept.delete(key);
    const one = known?.text === text ? known : { text, value: deepFrozen(read(text)) };
    kept.set(key, one);
    const oldest = kept.size > most ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return one.value;
  };
}
