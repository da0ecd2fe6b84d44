/** Patterns of a grant against texts that a model chose to fit them, and the fold by which a grant stands. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Grant } from '../../../core/contracts/grant.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { whyOtherArguments } from '../../../core/grant/match-arguments.ts';
import { isLike, whyNoPattern } from '../../../core/grant/match-text.ts';
import { ruleThatAlwaysAsks } from '../../../core/grant/why-not-covered.ts';

describe('P2 a pattern with wildcards', () => {
  test.each([
    ['web-*', 'web-1'],
    ['web-*', 'web-a.b_c:1'],
    ['*.example.org', 'a.example.org'],
    ['systemctl restart *', 'systemctl restart web-1'],
    ['/srv/app/*', '/srv/app/one'],
    ['/srv/app/**', '/srv/app/one/two'],
    ['/srv/*/log/*', '/srv/a/log/b'],
    ['a*b*c', 'aXbbYc'],
    ['exact', 'exact'],
    ['exact; really', 'exact; really'],
  ])('%s is like %s', (pattern, text) => {
    expect(isLike(pattern, text)).toBe(true);
  });

  test.each([
    ['web-*', 'web-'],
    ['web-*', 'db-1'],
    ['web-*', 'WEB-1'],
    ['web-*', 'web-1 && reboot'],
    ['web-*', 'web-1;reboot'],
    ['web-*', 'web-1\nreboot'],
    ['web-*', 'web-$(reboot)'],
    ['web-*', 'web-`reboot`'],
    ['web-*', 'web-1|sh'],
    ['web-*', 'web-1 --force'],
    ['web-*', 'web-%2e%2e'],
    ['web-*', 'web-~root'],
    ['web-*', 'web-\u200b1'],
    ['web-*', 'web-\u0430'],
    ['web-*', 'xweb-1'],
    ['systemctl restart *', 'systemctl restart --all'],
    ['systemctl restart *', 'systemctl restart -f'],
    ['systemctl * web', 'systemctl --root=/x web'],
    ['*', '-rf'],
    ['/srv/app/*', '/srv/app/a/b'],
    ['/srv/app/*', '/srv/app/..'],
    ['/srv/app/**', '/srv/app/../../etc/passwd'],
    ['/srv/app/**', '/srv/app/./x'],
    ['/srv/app/**', '/srv/app/x\\..\\y'],
    ['/srv/**/x', '/srv/-rf/../x'],
    ['*.example.org', 'evil.com/.example.org'],
    ['*.example.org', 'evil.com#.example.org'],
    ['*.example.org', 'evil.com?.example.org'],
    ['a*b', 'ab'],
  ])('%s is not like %j', (pattern, text) => {
    expect(isLike(pattern, text)).toBe(false);
  });

  test('stands for nothing but plain characters, whatever a model writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('*', '**'), (inner, wildcard) => {
        const like = isLike(`a ${wildcard} z`, `a ${inner} z`);
        const plain = wildcard === '*' ? /^[A-Za-z0-9._@+:,=-]+$/u : /^[A-Za-z0-9._@+:,=/-]+$/u;
        const dots = inner.split('/').some((part) => part === '.' || part === '..');
        expect(like).toBe(plain.test(inner) && !inner.startsWith('-') && !dots);
      }),
      { numRuns: 2000 },
    );
  });

  test('does the same as a regular expression over plain texts', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '/'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pattern, letters, (source, text) => {
        fc.pre(!source.includes('***'));
        const expression = source.replaceAll(/\*\*|\*/gu, (star, at: number) => {
          const begins = at === 0 || !/[ab]/u.test(source.charAt(at - 1));
          return `${begins ? '(?!-)' : ''}${star === '**' ? '[ab./-]+' : '[ab.-]+'}`;
        });
        const dots = text.split('/').some((part) => part === '.' || part === '..');
        expect(isLike(source, text)).toBe(!dots && new RegExp(`^${expression}$`, 'u').test(text));
      }),
      { numRuns: 3000 },
    );
  });

  test.each(['*', '**', '/*', '-*', ' * ', 'a***', `a${'*b'.repeat(9)}`, 'web\u200b*'])('%j is refused', (pattern) => {
    expect(whyNoPattern(pattern)).toBeDefined();
  });

  test.each(['web-*', 'a*', '/srv/**', 'exact'])('%j is taken', (pattern) => {
    expect(whyNoPattern(pattern)).toBeUndefined();
  });
});

describe('P2 the arguments of a grant', () => {
  test('match themselves and no others: none more, none less, no other type', () => {
    const json = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    fc.assert(
      fc.property(json, json, (one, other) => {
        const patterns: Grant['arguments'] = {};
        for (const [name, value] of Object.entries(one))
          patterns[name] = { kind: 'exactly', json: canonicalJson(value) };
        expect(whyOtherArguments(patterns, one)).toBeUndefined();
        const same = canonicalJson(one) === canonicalJson(other);
        expect(whyOtherArguments(patterns, other) === undefined).toBe(same);
      }),
    );
  });

  test('are not matched by a text that only looks like a value, nor by a list', () => {
    expect(whyOtherArguments({ n: { kind: 'exactly', json: '1' } }, { n: '1' })).toBeDefined();
    expect(whyOtherArguments({ n: { kind: 'one-of', json: ['1', '2'] } }, { n: [1] })).toBeDefined();
    expect(whyOtherArguments({ n: { kind: 'like', globs: ['a*'] } }, { n: ['ab'] })).toBeDefined();
    expect(whyOtherArguments({}, { constructor: 'x' })).toBeDefined();
    const inherited = { kind: 'exactly', json: '1' } as const;
    expect(whyOtherArguments({ toString: inherited }, {})).toBeDefined();
  });
});

test.each(['after-denial', 'organisation/new-epoch', 'team:sre/guard-asks', 'further-try'])(
  'P1 rule %s always asks',
  (rule) => {
    expect(ruleThatAlwaysAsks(['own', rule])).toBe(rule);
    expect(ruleThatAlwaysAsks(['own', `${rule}-not`])).toBeUndefined();
  },
);
