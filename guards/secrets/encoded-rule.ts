/**
 * Secrets inside base64, base32 and hex: a run of it that reads as text is looked through, and taken whole if a secret stands in it. Lines
 * that a writer of base64 broke are one run.
 */
import { unitText, type UnitText } from '../text/code-units.ts';
import { longRuns, readBase32, readBase64, readHex, type Run } from '../text/long-runs.ts';
import type { SecretMatch } from './match.ts';

const shortestRun = 24;
/** A line end, also as JSON writes it, and an indentation. */
const lineBreak = /^(?:\r?\n|(?:\\r)?\\n)[ \t]*$/;
const lastLine = /^(?:\r?\n|(?:\\r)?\\n)[ \t]*([A-Za-z0-9+/_-]{1,23})(?![A-Za-z0-9+/_-])/;

/** Between what runs say: in no secret, and no text that was decoded holds one. */
const between = '\u0000';

/** @param findIn what looks through the decoded text: of all runs at once, because a text may hold ten thousand */
export function findEncoded(read: UnitText, findIn: (read: UnitText) => readonly SecretMatch[]): SecretMatch[] {
  const runs = longRuns(read, shortestRun).map((run) => withoutEscape(read.text, run));
  const decoded = [...runs.map((run) => [run]), ...brokenRuns(read.text, runs)].flatMap((lines) => {
    const run = lines.map(({ start, end }) => read.text.slice(start, end)).join('');
    const text = readHex(run) ?? readBase32(run) ?? readBase64(run);
    return text === undefined ? [] : [{ text, start: lines[0]?.start ?? 0, end: lines.at(-1)?.end ?? 0 }];
  });
  if (decoded.length === 0) return [];
  const found = findIn(unitText(decoded.map(({ text }) => text).join(between)));
  return takenWhole(
    decoded,
    found.toSorted((one, other) => one.start - other.start),
  );
}

/** Each run in which something was found, under the name of the first. @param found in the order of their beginnings */
function takenWhole(
  decoded: readonly { text: string; start: number; end: number }[],
  found: readonly SecretMatch[],
): SecretMatch[] {
  const taken: SecretMatch[] = [];
  let next = 0;
  let reach: { rule: string; end: number } | undefined;
  let at = 0;
  for (const { text, start, end } of decoded) {
    const behind = at + text.length;
    if (reach && reach.end <= at) reach = undefined;
    let rule = reach?.rule;
    for (let match = found[next]; match && match.start < behind; match = found[next]) {
      rule ??= match.rule;
      if (!reach || match.end > reach.end) reach = match;
      next += 1;
    }
    if (rule !== undefined) taken.push({ rule, start, end });
    at = behind + between.length;
  }
  return taken;
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
