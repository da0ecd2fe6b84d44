/** Secrets inside base64: a run of it that reads as text is looked through, and taken whole if a secret stands in it. */
import { longRuns, readBase64 } from '../text/long-runs.ts';
import type { SecretMatch } from './match.ts';

const shortestRun = 24;

/** @param findIn what looks through the decoded text */
export function findEncoded(text: string, findIn: (text: string) => readonly SecretMatch[]): SecretMatch[] {
  return longRuns(text, shortestRun).flatMap(({ start, end }) => {
    const decoded = readBase64(text.slice(start, end));
    const [first] = decoded === undefined ? [] : findIn(decoded);
    return first ? [{ rule: first.rule, start, end }] : [];
  });
}
