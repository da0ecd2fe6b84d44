/** Letters of other alphabets that pose as Latin ones: in host names, also in punycode, and in paths. */
import { domainToASCII, domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPath } from '../../../guards/paths/check-path.ts';
import { decodeHost } from '../../../guards/url/decode-host.ts';
import { checkUrl } from '../../../guards/url/check-url.ts';

const urlRules = (url: string) => checkUrl(url).map(({ rule }) => rule);
const pathRules = (path: string) => checkPath(path, { roots: ['/srv/app'] }).map(({ rule }) => rule);

describe('a host', () => {
  test.each([
    '\u0435xample.com',
    'ex\u0430mple.com',
    '\u0430\u0440\u0440\u04cf\u0435.com',
    'a.p\u0430ypal.example.org',
  ])('%s is one in either spelling', (host) => {
    expect(urlRules(`https://${host}/x`)).toEqual(['look-alike-host']);
    expect(domainToASCII(host)).toMatch(/xn--/);
    for (const written of [domainToASCII(host), domainToASCII(host).toUpperCase()])
      expect(urlRules(`https://${written}/x`)).toEqual(['look-alike-host']);
  });

  test.each([
    'm\u00fcnchen.de',
    '\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444',
    '\u4f8b\u3048.jp',
    'xn--.example.com',
  ])('%s is none', (host) =>
    expect(urlRules(`https://${domainToASCII(host) || host}/x`)).not.toContain('look-alike-host'),
  );

  test('is read as the platform reads it, whatever its letters', () => {
    const letters = fc.constantFrom(
      ...Array.from('abcxyz019-äöüßéñłçеаосрхіїпривітαβγδλ例え日本語漢字한국어العربيةไทย𐌰𐌱𝟙'),
    );
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 20 }), (label) => {
        const ascii = domainToASCII(`${label.join('')}.example`);
        fc.pre(ascii !== '' && domainToUnicode(ascii) !== '');
        expect(decodeHost(ascii)).toBe(domainToUnicode(ascii));
      }),
      { numRuns: 500 },
    );
  });

  test('is left as it is where it is no punycode, and nothing makes it throw', () => {
    expect(decodeHost('xn--!!!.com')).toBe('xn--!!!.com');
    expect(decodeHost(`xn--${'9'.repeat(50)}.com`)).toBe(`xn--${'9'.repeat(50)}.com`);
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => void decodeHost(`xn--${text}`)),
      { numRuns: 500 },
    );
  });
});

describe('a path', () => {
  test.each([
    '/srv/app/.\u0435nv',
    '/srv/app/\u0441onfig',
    '/srv/app/\u0421onfig',
    'a/REA\u0501ME',
    '/srv/app/.\u0455\u0455\u04bb/x',
  ])('%s is one', (path) => expect(pathRules(path)).toContain('look-alike-letters'));

  test.each([
    '/srv/app/\u0444\u0430\u0439\u043b.txt',
    '/srv/app/\u043e\u0442\u0447\u0451\u0442v2.pdf',
    '/srv/app/\u0441\u043e\u0440/x',
    '/srv/app/\u65e5\u672c.md',
    '/srv/app/donn\u00e9es.txt',
    '/srv/app/\u03b2-test.csv',
    '/srv/app/\u0391\u03b8\u03ae\u03bd\u03b1_map.png',
  ])('%s is none', (path) => expect(pathRules(path)).toEqual([]));
});
