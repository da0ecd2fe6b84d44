/** Secrets inside base64: a run of it that reads as text is looked through, and taken whole if a secret stands in it. */
import { unitText, type UnitText } from '../text/code-units.ts';
import { longRuns, readBase64 } from '../text/long-runs.ts';
import type { SecretMatch } from './match.ts';

const shortestRun = 24;

/** @param findIn what looks through the decoded text */
export function findEncoded(read: UnitText, findIn: (read: UnitText) => readonly SecretMatch[]): SecretMatch[] {
  return longRuns(read, shortestRun).flatMap(({ start, end }) => {
    const decoded = readBase64(read.text.slice(start, end));
    const [first] = decoded === undefined ? [] : findIn(unitText(decoded));
    return first ? [{ rule: first.rule, start, end }] : [];
  });
}
