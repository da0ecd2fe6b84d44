/**
 * Durations as people write them in a policy (`90s`, `10m`, `1h30m`, `2d`), read into milliseconds. Anything else is
 * refused: a bare number would leave the unit to the reader's guess.
 */

const milliseconds: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const units = Object.keys(milliseconds);
const longestDurationMs = 366 * 86_400_000;

/** @returns milliseconds, or undefined when the text is no duration of 1 ms to 366 days. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|[dhms]))+$/.test(text)) return undefined;
  let total = 0;
  let lastUnit = -1;
  for (const [, count, unit] of text.matchAll(/(\d{1,9})(ms|[dhms])/g)) {
    const order = units.indexOf(String(unit));
    if (order <= lastUnit) return undefined;
    lastUnit = order;
    total += Number(count) * (milliseconds[String(unit)] ?? Number.NaN);
  }
  return total >= 1 && total <= longestDurationMs ? total : undefined;
}

/** @throws {RangeError} for what the schema would have refused. */
export function durationOf(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new RangeError('a duration passed the schema that is none');
  return milliseconds;
}
