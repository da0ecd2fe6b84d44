/**
 * What a text says once its disguises are off: hidden characters, accents, look-alike letters, digits for letters, spaced or
 * joined letters, percent and entity encoding, base64, rot13. Each view is a guess; none of them is shown to anybody.
 */

const invisible = /[\u00AD\u180E\u200B-\u200F\u2060-\u2064\uFEFF\u{E0000}-\u{E007F}]/gu;
const lookAlikes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'аa',
    'еe',
    'оo',
    'рp',
    'сc',
    'уy',
    'хx',
    'іi',
    'ѕs',
    'јj',
    'ԁd',
    'һh',
    'ӏl',
    'ԛq',
    'ԝw',
    'ɡg',
    'αa',
    'εe',
    'οo',
    'ρp',
    'ιi',
    'υu',
    'νv',
    'κk',
    'τt',
  ].map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
);
const leet: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
};

/** Views that read as sentences. The first is always there. */
export function plainViews(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(invisible, '')
    .replaceAll(/[\u0370-\u052F\u0261]/g, (letter) => lookAlikes[letter] ?? lookAlikes[letter.toLowerCase()] ?? letter)
    .replaceAll(/[ \t\u00A0]{2,}/g, ' ');
  const views = [plain, withoutLeet(plain)];
  if (/%[0-9a-f]{2}[^%]{0,40}%[0-9a-f]{2}/i.test(plain))
    views.push(plain.replaceAll(/%([2-7][0-9a-f])/gi, (_, hex: string) => fromHex(hex)));
  if (/&#x?[0-9a-f]{2,5};/i.test(plain)) views.push(plain.replaceAll(/&#(x?)([0-9a-f]{2,5});/gi, fromEntity));
  const encoded = [...plain.matchAll(/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,4000}={0,2}/g)]
    .slice(0, 20)
    .flatMap(([found]) => fromBase64(found));
  const rotated = plain.replaceAll(/[a-z]/gi, rotate);
  // Only a few texts become English that way; the word keeps the view from being looked at for all others.
  if (/\b(?:system|instructions?|prompts?|assistant|ignore|reveal)\b/i.test(rotated)) views.push(rotated);
  return [...new Set([...views, ...encoded])];
}

/** Letters alone, for words that were spaced, dotted or joined. Every `l` is an `i`: a `1` may stand for either. */
export function lettersOnly(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[0134579@$]/g, (sign) => leet[sign] ?? sign)
    .replaceAll(/[^a-z]+/g, '')
    .replaceAll('l', 'i');
}

/** Only signs that touch a letter. A look-ahead behind the run would read a long number once from each of its digits. */
function withoutLeet(text: string): string {
  return text.replaceAll(/[0134579@$]+/g, (run, at: number) => {
    const touches = isLetter(text[at - 1]) || isLetter(text[at + run.length]);
    return touches ? Array.from(run, (sign) => leet[sign] ?? sign).join('') : run;
  });
}

function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && /[a-z]/i.test(sign);
}

function fromHex(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function fromEntity(whole: string, hex: string, digits: string): string {
  const code = Number.parseInt(digits, hex === '' ? 10 : 16);
  return code >= 32 && code < 0xd800 ? String.fromCharCode(code) : whole;
}

function fromBase64(text: string): string[] {
  try {
    const decoded = atob(text.slice(0, text.length - (text.replace(/=+$/, '').length % 4 === 1 ? 1 : 0)));
    return /^[\t\n\r -~]{16,}$/.test(decoded) ? [decoded] : [];
  } catch {
    return [];
  }
}

function rotate(letter: string): string {
  const code = letter.charCodeAt(0);
  const base = code < 97 ? 65 : 97;
  return String.fromCharCode(((code - base + 13) % 26) + base);
}
