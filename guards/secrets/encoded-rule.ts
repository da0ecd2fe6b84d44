/**
 * Secrets inside base64 and hex: a run of it that reads as text is looked through, and taken whole if a secret stands in it. Lines
 * that a writer of base64 broke are one run.
 */
import { unitText, type UnitText } from '../text/code-units.ts';
import { longRuns, readBase64, readHex, type Run } from '../text/long-runs.ts';
import type { SecretMatch } from './match.ts';

const shortestRun = 24;
/** A line end, also as JSON writes it, and an indentation. */
const lineBreak = /^(?:\r?\n|(?:\\r)?\\n)[ \t]*$/;
const lastLine = /^(?:\r?\n|(?:\\r)?\\n)[ \t]*([A-Za-z0-9+/_-]{1,23})(?![A-Za-z0-9+/_-])/;

/** @param findIn what looks through the decoded text */
export function findEncoded(read: UnitText, findIn: (read: UnitText) => readonly SecretMatch[]): SecretMatch[] {
  const runs = longRuns(read, shortestRun).map((run) => withoutEscape(read.text, run));
  return [...runs.map((run) => [run]), ...brokenRuns(read.text, runs)].flatMap((lines) => {
    const run = lines.map(({ start, end }) => read.text.slice(start, end)).join('');
    const decoded = readHex(run) ?? readBase64(run);
    const [first] = decoded === undefined ? [] : findIn(unitText(decoded));
    return first ? [{ rule: first.rule, start: lines[0]?.start ?? 0, end: lines.at(-1)?.end ?? 0 }] : [];
  });
}

/** The letter of `\n` in JSON reads as base64 and is none. */
function withoutEscape(text: string, { start, end }: Run): Run {
  const isEscape = text[start - 1] === '\\' && text[start - 2] !== '\\' && /[nrt]/.test(text[start] ?? '');
  return { start: isEscape ? start + 1 : start, end };
}

/** Runs over several lines, all of one length but for the last one, which may be shorter than a run. */
function brokenRuns(text: string, runs: readonly Run[]): Run[][] {
  const groups: Run[][] = [];
  for (const run of runs) {
    const group = groups.at(-1);
    if (group && continues(text, group, run)) group.push(run);
    else groups.push([run]);
  }
  for (const group of groups) {
    const end = group.at(-1)?.end ?? 0;
    const rest = lastLine.exec(text.slice(end, end + 80));
    if (rest?.[1]) group.push({ start: end + rest[0].length - rest[1].length, end: end + rest[0].length });
  }
  return groups.filter((group) => group.length > 1);
}

function continues(text: string, group: readonly Run[], run: Run): boolean {
  const [first] = group;
  const before = group.at(-1);
  if (!first || !before || run.start - before.end > 40) return false;
  const length = first.end - first.start;
  return (
    before.end - before.start === length &&
    run.end - run.start <= length &&
    lineBreak.test(text.slice(before.end, run.start))
  );
}
