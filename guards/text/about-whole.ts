/** Findings about a text as a whole, such as a URL or a path: one sign more or less makes another one of it. */
import type { Finding } from '../../core/contracts/labels.ts';

/** Signs that are not shown, or change the order of others. */
export const invisible = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]/u;

type MakeFinding = (rule: string, severity: Finding['severity'], is: string) => Finding;

/** @param what in messages: `the ${what} is too long` */
export function findingsAbout(guard: string, what: string, remedy: string): MakeFinding {
  return (rule, severity, is) => ({ guard, rule, severity, message: `the ${what} ${is}`, remedy });
}
