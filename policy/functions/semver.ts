/**
 * `semver(value, '>=1.4.0 <2')`: whether a version (semver.org 2.0.0) is in a range: comparators joined by blanks all hold,
 * ranges joined by `||` are alternatives. A pre-release is in a range only by npm's rule: a comparator names a pre-release
 * of the same version. Where that rule says no and order alone does not, neither answer is safe (one opens a rule that
 * allows, the other one that denies), and it fails. No other text is a version.
 */
import type { CompiledPattern } from '../text-patterns.ts';

interface Version {
  readonly numbers: readonly [number, number, number];
  readonly before: readonly string[];
}
type Test = (version: Version) => boolean;
interface Comparator {
  readonly test: Test;
  /** The version as the range writes it. */
  readonly written: Version;
}
type Alternative = readonly Comparator[];
/** `unsure`: a pre-release that the range does not name, while it or its release is in it by order. */
type Answer = 'in' | 'out' | 'unsure';

const number = '(0|[1-9]\\d{0,8})';
const versionPattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z.-]+)?$`,
);
const partialPattern = new RegExp(`^${number}(?:\\.${number})?(?:\\.${number}(?:-([0-9A-Za-z.-]+))?)?$`);

export function compileSemver(range: string): CompiledPattern {
  const alternatives = range.split('||').map((part) => compileAlternative(part.trim()));
  const known = alternatives.filter((one) => one !== undefined);
  if (known.length !== alternatives.length) return { kind: 'invalid', reason: 'not a range such as ">=1.4.0 <2"' };
  return {
    kind: 'pattern',
    test: (text) => {
      const version = readVersion(text);
      if (!version) throw new RangeError('not a version');
      const answers = new Set(known.map((one) => answerOf(one, version)));
      if (answers.has('in')) return true;
      if (answers.has('unsure')) throw new RangeError('a pre-release that the range does not name');
      return false;
    },
  };
}

function compileAlternative(text: string): Alternative | undefined {
  const comparators = text.split(/ +/u).map(compileComparator);
  const known = comparators.filter((one) => one !== undefined);
  return known.length === comparators.length && known.length > 0 ? known : undefined;
}

function answerOf(comparators: Alternative, version: Version): Answer {
  const holds = (one: Version): boolean => comparators.every(({ test }) => test(one));
  const named = comparators.some(({ written }) => written.before.length > 0 && sameNumbers(written, version));
  if (version.before.length === 0 || named) return holds(version) ? 'in' : 'out';
  return holds(version) || holds({ ...version, before: [] }) ? 'unsure' : 'out';
}

function sameNumbers(a: Version, b: Version): boolean {
  return a.numbers.every((number, index) => number === b.numbers[index]);
}

function compileComparator(text: string): Comparator | undefined {
  const [, operator = '', written = ''] = /^(>=|<=|>|<|=|\^|~)?(.+)$/u.exec(text) ?? [];
  const parts = partialPattern.exec(written);
  if (!parts) return undefined;
  const given = [parts[1], parts[2], parts[3]].filter((part) => part !== undefined).map(Number);
  const [major = 0, minor = 0, patch = 0] = given;
  const low: Version = { numbers: [major, minor, patch], before: parts[4]?.split('.') ?? [] };
  return { test: testOf(operator, low, given.length), written: low };
}

/** @param given how many numbers are written: the rest of a partial version stands for any. */
function testOf(operator: string, low: Version, given: number): Test {
  const whole = given === 3;
  const next = nextAfter(operator, low.numbers, given);
  const first: Version = whole ? low : { ...low, before: ['0'] };
  switch (operator) {
    case '>=':
      return (version) => compare(version, low) >= 0;
    case '<':
      // `<2` leaves out the pre-releases of 2.0.0 as well, as npm reads it.
      return (version) => compare(version, first) < 0;
    case '>':
      return whole ? (version) => compare(version, low) > 0 : (version) => compare(version, next) >= 0;
    case '<=':
      return whole ? (version) => compare(version, low) <= 0 : (version) => compare(version, next) < 0;
    case '':
    case '=':
      return whole
        ? (version) => compare(version, low) === 0
        : (version) => compare(version, low) >= 0 && compare(version, next) < 0;
    default:
      return (version) => compare(version, low) >= 0 && compare(version, next) < 0;
  }
}

/** The first version that is no longer in `^`, `~` or a partial version; its pre-releases are not in either. */
function nextAfter(operator: string, [major, minor, patch]: Version['numbers'], given: number): Version {
  const before = ['0'];
  if (operator === '^') {
    if (major > 0 || given === 1) return { numbers: [major + 1, 0, 0], before };
    if (minor > 0 || given === 2) return { numbers: [0, minor + 1, 0], before };
    return { numbers: [0, 0, patch + 1], before };
  }
  return given === 1 ? { numbers: [major + 1, 0, 0], before } : { numbers: [major, minor + 1, 0], before };
}

function readVersion(text: string): Version | undefined {
  const match = text.length <= 256 ? versionPattern.exec(text) : null;
  if (!match) return undefined;
  const before = match[4]?.split('.') ?? [];
  if (before.some((part) => /^0\d+$/u.test(part))) return undefined;
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], before };
}

function compare(a: Version, b: Version): number {
  for (const index of [0, 1, 2] as const) {
    if (a.numbers[index] !== b.numbers[index]) return a.numbers[index] - b.numbers[index];
  }
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (let index = 0; index < Math.max(a.before.length, b.before.length); index += 1) {
    const order = comparePart(a.before[index], b.before[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const numeric = [a, b].map((part) => /^\d+$/u.test(part));
  if (numeric[0] && numeric[1]) return Number(a) - Number(b);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
