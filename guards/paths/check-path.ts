/**
 * A path before anybody opens it: form only. It looks nothing up, so it proves nothing about links: what is opened is decided
 * where it is opened (`tools/path-in-folder.ts`).
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { latinLetter, lookAlikeLetter } from '../../core/look-alike-letters.ts';
import { findingsAbout, invisible } from '../text/about-whole.ts';
import { holdsSecrets, isBlockDevice, isGuardedPlace } from '../shell/paths.ts';

export interface PathOptions {
  /** Absolute folders that paths must stay below; a relative path is below the first one. Absent: relative paths only. */
  readonly roots?: readonly string[];
  /** Components. @default 128 */
  readonly maximumDepth?: number;
}

/** In bytes; a text has at least as many of them as units. */
const longestPath = 4096;
const finding = findingsAbout('paths', 'path', 'give a plain path below the work folder');
/** Full-width and other forms that some systems fold to `/`, `.` and `\`. */
const foldsToSeparator = /[\uFF0E\uFF0F\uFF3C\u2024\u2025\u2044\u2215\u29F8\uFE68]/u;

/**
 * Separators and dots as some decoder on the way reads them: percent, also twice or split, `%u002f`, more bytes of UTF-8 than are
 * needed (`%c0%ae`, RFC 3629 section 10), full-width forms, `..0x2f`; control characters, too.
 */
const encoded =
  /%(?:2[ef5]|5c|[01][0-9a-f]|7f)|%%[0-9a-f]{2}|%u(?:00(?:2[ef]|5c)|ff(?:0[ef]|3c)|22(?:15|16)|2044|29f8|efc8|f025)|%(?:c[01]%|e0%80%|f0%80%80%|f8%80%80%80%|fc%80%80%80%80%)|%ef%bc%(?:8[ef]|bc)|(?:\.\.|0x2e)0x(?:2[ef]|5c)/iu;
/** Also with blanks around them or `;` behind them, which some systems and servers leave out. */
const manyDots = /(?:^|[/\\])(?:\.{3,}|\s+\.{1,2}|\s*\.[\s.]*\s[\s.]*|\.{1,2};[^/\\]*)(?:[/\\]|$)/u;

/** Any finding of severity `high` or above is a reason not to open it. Each spans the whole path: one sign makes another path of it. */
export function checkPath(text: string, options: PathOptions = {}): Finding[] {
  const span = { start: 0, end: text.length };
  return findingsOf(text, options).map((finding) => ({ ...finding, span }));
}

function findingsOf(text: string, { roots, maximumDepth = 128 }: PathOptions): Finding[] {
  // No system opens it (PATH_MAX), whatever else is wrong with it: nobody is to spend a second on a megabyte of `../`.
  if (text.length > longestPath) return [finding('too-long', 'critical', 'is too long')];
  if (text.trim() === '') return [finding('empty-path', 'critical', 'is empty')];
  const findings: Finding[] = [];
  const bad = (condition: boolean, rule: string, is: string): void => {
    if (condition) findings.push(finding(rule, 'critical', is));
  };
  bad(text.includes('\0'), 'nul', 'holds a NUL character');
  bad(/\p{Cc}/u.test(text.replaceAll('\0', '')), 'control-character', 'holds a control character');
  bad(!text.isWellFormed(), 'ill-formed', 'holds half of a surrogate pair');
  bad(invisible.test(text), 'hidden-characters', 'holds characters that nobody sees');
  bad(foldsToSeparator.test(text), 'separator-look-alike', 'holds a look-alike of a separator or a dot');
  const latin = text.replaceAll(lookAlikeLetter, latinLetter);
  bad(
    latin !== text && (mixesLetters(text) || holdsSecrets(latin.toLowerCase(), false)),
    'look-alike-letters',
    'holds letters of another alphabet that look like Latin ones',
  );
  bad(
    text.includes('\\') || /^[a-z]:|^[a-z][a-z0-9+.-]*:\/\//iu.test(text),
    'foreign-form',
    'is written for another system',
  );
  bad(encoded.test(text), 'encoded', 'holds encoded separators or dots');
  bad(manyDots.test(text), 'many-dots', 'has a component of dots and more, which some systems take for `..`');
  bad(text.trim() !== text, 'outer-blanks', 'begins or ends with a blank: who leaves it out opens another file');
  bad(/^~|\$[{A-Za-z(]|`/u.test(text), 'expands', 'is expanded by a shell');
  bad(text.split('/').filter((part) => part !== '').length > maximumDepth, 'too-deep', 'has too many components');
  const encoder = new TextEncoder();
  bad(
    encoder.encode(text).length > longestPath || text.split('/').some((part) => encoder.encode(part).length > 255),
    'too-long',
    'is too long',
  );
  const whole = resolve(text, roots?.[0]);
  bad(whole === undefined, 'climbs-out', 'goes up beyond its folder');
  if (roots)
    bad(
      whole !== undefined && !roots.some((root) => isBelow(whole, root)),
      'outside-roots',
      'is outside the allowed folders',
    );
  else bad(text.startsWith('/'), 'absolute', 'is absolute, and no folder is allowed');
  const place = whole ?? text;
  // On file systems that keep no case, another case names the same file, and so does a letter whose capital is the same: `ſ`.
  const folded = place.toUpperCase().toLowerCase();
  bad(
    /^\/(?:proc|sys|dev)(?:\/|$)/u.test(folded) || isBlockDevice(folded),
    'system-place',
    'is a device or belongs to the system',
  );
  if (holdsSecrets(folded, false)) findings.push(finding('secret-place', 'high', 'is where secrets are kept'));
  else if (isGuardedPlace(place) || isGuardedPlace(folded))
    findings.push(finding('guarded-place', 'high', 'is where programs are started from, or belongs to the system'));
  return findings;
}

/** A word of Latin letters with others between them that look so. Words of one alphabet beside each other are no such word. */
function mixesLetters(text: string): boolean {
  return (text.match(/\p{L}+/gu) ?? []).some(
    (word) =>
      /[a-z]/iu.test(word) && /[^a-z]/iu.test(word) && /^[a-z]+$/iu.test(word.replaceAll(lookAlikeLetter, latinLetter)),
  );
}

/** Whether a plain absolute path is a folder or below it, by whole components. */
export function isBelow(path: string, root: string): boolean {
  const plain = resolve(root, undefined);
  if (plain === undefined || root.trim() === '') return false;
  return path === plain || path.startsWith(plain === '/' ? '/' : `${plain}/`);
}

/** As text, without looking: undefined where `..` leads above the start. */
function resolve(text: string, folder: string | undefined): string | undefined {
  const parts: string[] = [];
  const start = text.startsWith('/') || folder === undefined ? text : `${folder}/${text}`;
  for (const part of start.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return start.startsWith('/') ? `/${parts.join('/')}` : parts.join('/');
}
