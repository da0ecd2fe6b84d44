/**
 * Marks that an earlier redaction left. Where a value must be whole to be used, as in a call's arguments, a mark says that a
 * secret stood there: the caller refuses instead of using half a value.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { mark } from './match.ts';

export function findRedactions(text: string): Finding[] {
  return Array.from(text.matchAll(mark), ({ 0: found, index }) => ({
    guard: 'secrets',
    rule: 'redacted',
    severity: 'high',
    span: { start: index, end: index + found.length },
    message: `a secret was redacted here before: ${found}`,
    remedy: 'use a named credential; the mark stands for a secret and is none',
  }));
}
